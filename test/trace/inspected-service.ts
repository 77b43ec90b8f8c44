import type { Database } from '@tianyuan/platform';
import { type JsonRpc, type TrustPolicy, bytesToHex } from '@tianyuan/protocol';
import { type SampleChain, appendedLog, quantity, rpcOf } from '@tianyuan/protocol/vectors/sample-chain.ts';
import { anchors } from '@tianyuan/trace-api/database/schema.ts';
import type { Lot } from '@tianyuan/verifier/inspect/answers.ts';
import { inspectLots } from '@tianyuan/verifier/inspect/inspect.ts';
import type { LotResult } from '@tianyuan/verifier/inspect/inspect-lot.ts';
import { newInspection } from '@tianyuan/verifier/inspect/inspection.ts';
import { type Ask, traceSource } from '@tianyuan/verifier/inspect/trace-source.ts';
import { type Device, type SignedLog, newDevice, newLog } from './signed-log.ts';
import { type TraceService, traceService } from './trace-service.ts';

const chainId = 7;
const [anchorLog, deviceRegistry] = ['a1', 'd1'].map((byte) => `0x${byte.repeat(20)}`) as [string, string];

/** What an inspector pins for {@link inspectedService}. */
export const inspectorsPolicy = {
  chain: { chainId, anchorLog, deviceRegistry, finality: { kind: 'instant' } },
} satisfies TrustPolicy;

/** A change to an answer on its way: what a server would say that lies. */
export type Lie = (url: URL, accept: string, answer: Response) => Promise<Response> | Response;

/**
 * The trace API with lots of a log and two devices each, and the chain that the inspector asks: its registry and its blocks,
 * with every anchor that the trace API has heard of when it was told.
 */
export async function inspectedService(database: Database, name: string) {
  const trace = traceService(database);
  const log = newLog(`${name}.example`);
  const devices = [newDevice(`${name}-truck`), newDevice(`${name}-orchard`)] as [Device, Device];
  const chain: SampleChain = {
    chainId,
    anchorLog,
    deviceRegistry,
    head: 1_000_000,
    blocks: new Map(),
    receipts: new Map(),
    keys: new Map(),
    rotations: new Map(),
    revocations: new Map(),
  };
  const enrol = async (id: string, publicKey: Uint8Array) => {
    await trace.enrol(id, publicKey);
    chain.keys.set(`${id}/1`, bytesToHex(publicKey));
  };
  await enrol(log.origin, log.publicKey);
  for (const { id, publicKey } of devices) await enrol(id, publicKey);

  return {
    trace,
    log,
    devices,
    chain,
    enrol,
    rpc: rpcOf(chain),
    /** A lot with as many messages of each device, in two uploads, anchored and final. */
    async addLot(batchId: string, count: number): Promise<Lot> {
      const lot = await putLot(trace, batchId, devices);
      for (const half of [0, 1]) {
        const from = log.size();
        for (let i = half * Math.floor(count / 2); i < (half === 0 ? Math.floor(count / 2) : count); i++) {
          for (const device of devices) {
            log.append(
              device.sign({
                batch: batchId,
                readings: [
                  { type: 'temperature', value: 3_000 + 37 * i },
                  { type: 'humidity', value: 90_000 - 111 * i },
                ],
              }),
            );
          }
        }
        await uploadFrom(trace, log, from);
      }
      return lot;
    },
    async anchor(): Promise<void> {
      await trace.anchor(log);
      await database.queries.update(anchors).set({ final: true });
      await tellChain(database, chain, [log]);
    },
    /** Inspects as the command does, over the service's answers, or what a liar makes of them. */
    async inspect(lots: readonly Lot[], { lie, rpc = rpcOf(chain) }: { lie?: Lie; rpc?: JsonRpc } = {}) {
      const ask: Ask = async (url, init) => {
        const answer = await trace.request(url.replace('http://trace.test', ''), init);
        const accept = new Headers(init.headers).get('accept')!;
        return lie === undefined ? answer : lie(new URL(url), accept, answer);
      };
      const { signal } = new AbortController();
      const inspection = newInspection({
        source: traceSource('http://trace.test', signal, ask),
        policy: { ...inspectorsPolicy, rpc },
        seed: 'test',
        bundlesALot: 3,
        patienceMs: 0,
        signal,
      });
      return inspectLots(inspection, lots, () => {});
    },
  };
}

export type InspectedService = Awaited<ReturnType<typeof inspectedService>>;

/** What a lot was found with, once each. */
export function codesOf([result]: readonly LotResult[]): string[] {
  return [...new Set(result!.misses.map(({ code }) => code))].toSorted();
}

async function putLot(trace: TraceService, batchId: string, devices: readonly Device[]): Promise<Lot> {
  const batch = {
    gtin: '06901234567892',
    lot: `L/${batchId}`.slice(0, 20),
    product: { zh: '脐橙 <甲> & 乙', en: "navel 'oranges' & co" },
    origin: { zh: '安远', en: 'Anyuan' },
    harvestedAt: Date.UTC(2026, 10, 18),
    limits: [{ type: 'temperature', min: 0, max: 3_200, devices: [devices[0]!.id] }],
    devices: devices.map(({ id }) => id),
    published: true,
  };
  const answer = await trace.putBatch(batchId, batch);
  if (!answer.ok) throw new Error(await answer.text());
  return { gtin: batch.gtin, lot: batch.lot, batchId };
}

async function uploadFrom(trace: TraceService, log: SignedLog, from: number): Promise<void> {
  const answer = await trace.upload(log, from, log.body(from));
  if (!answer.ok) throw new Error(await answer.text());
}

/** The chain has what the trace API heard of it. */
async function tellChain(
  { queries }: Database,
  chain: SampleChain,
  logs: readonly SignedLog[],
): Promise<void> {
  for (const row of await queries.select().from(anchors)) {
    const origin = logs.find(({ logId }) => logId === row.logId)?.origin;
    if (origin === undefined) continue;
    const { transactionHash, blockNumber, blockHash, blockTime, eventIndex, size, root, signature } = row;
    chain.blocks.set(blockNumber, { hash: blockHash, timestamp: blockTime });
    const event = { origin, oldSize: 0, newSize: size, root, signature };
    chain.receipts.set(transactionHash, {
      status: '0x1',
      blockNumber: quantity(blockNumber),
      blockHash,
      logs: [appendedLog(anchorLog, eventIndex, event)],
    });
  }
}
