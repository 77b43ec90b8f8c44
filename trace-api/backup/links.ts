import { ChainError, type Deployment, type FinalityRule, connectHeadReader } from '@tianyuan/chain';
import type { Queries } from '@tianyuan/platform';
import { consistencyRanges, hashRanges, hexToBytes, tilesOf } from '@tianyuan/protocol';
import { type WitnessAddress, submitCheckpoint } from '@tianyuan/witness';
import { findLog } from '../mirror/find-log.ts';
import { readTiles } from '../mirror/read-tile.ts';
import type { ForeignHead, Link } from './restoration.ts';

/** What the chain has of a log. @param followed the contracts, once their record could be read */
export function chainLink(
  logId: string,
  {
    rpcUrl,
    finality,
    deployment,
  }: { rpcUrl: string; finality: FinalityRule; deployment: () => Deployment | undefined },
): Link {
  return {
    name: 'the chain',
    async head() {
      const known = deployment();
      if (known === undefined) throw new Error('the deployment record is not read yet');
      const reader = connectHeadReader({ rpcUrl, deployment: known, finality });
      try {
        return await reader.head(hexToBytes(logId));
      } catch (error) {
        if (error instanceof ChainError && error.code === 'LOG_UNKNOWN') return { size: 0, root: undefined };
        throw error;
      } finally {
        reader.close();
      }
    },
  };
}

/**
 * What a witness has cosigned of a log. A witness tells a size where it is asked for another; that the log grew from there it
 * checks itself, so one that cosigns the restored checkpoint holds no other history.
 */
export function witnessLink(queries: Queries, logId: string, witness: WitnessAddress): Link {
  async function head(): Promise<ForeignHead> {
    const log = await findLog(queries, logId);
    if (log === undefined) return { size: 0, root: undefined };
    let from = log.size;
    for (let tries = 0; tries < 2; tries++) {
      const ranges = from === 0 || from === log.size ? [] : consistencyRanges(from, log.size);
      const proof = hashRanges(ranges, await readTiles(queries, log, tilesOf(ranges)));
      const result = await submitCheckpoint(witness, { oldSize: from, proof, note: log.checkpoint });
      switch (result.state) {
        case 'cosigned':
          return { size: log.size, root: log.root };
        case 'behind':
          if (result.size > log.size) return { size: result.size, root: undefined };
          from = result.size;
          break;
        case 'refused':
          if (result.status === 404) return { size: 0, root: undefined }; // it does not know the log
          // 409 of the same size, or 422: it holds another history, whose root it does not say.
          if (result.status === 409 || result.status === 422)
            return { size: log.size, root: new Uint8Array(32) };
          throw new Error(result.detail);
        case 'failed':
          throw new Error(result.detail);
      }
    }
    throw new Error(`${witness.name} tells another size each time`);
  }
  return { name: `witness ${witness.name}`, head };
}
