import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import {
  type Anchor,
  encodeEntry,
  formatTlogProof,
  leafHash,
  newSecretKey,
  publicKeyOf,
  signCheckpoint,
  signEd25519,
  signMessage,
  verifyEd25519,
  verifyInclusion,
} from '@tianyuan/protocol';
import { makeEvidenceSample, validatorSecrets } from '@tianyuan/protocol/vectors/sample-evidence.ts';
import sodium from 'sodium-native';
import { type Bench, must, quantile, row, seconds } from './bench-row.ts';

const entriesPerCommit = 500;
const proofs = 2_000;
const emptyPayload = new Uint8Array(0);

export const log: Bench = {
  name: 'log',
  about: 'append to the stored log, then proofs of random leaves; baseline: bare libsodium verify',
  async *run() {
    for (const size of [100_000, 1_000_000]) {
      const dir = mkdtempSync(join(tmpdir(), 'tianyuan-bench-log-'));
      const store = openStore(dir);
      try {
        const stored = openLog(store);
        const verifyRate = bareVerifyRate();
        const entries = Array.from({ length: entriesPerCommit }, () => new Uint8Array(56));
        const commit = store.sqlite.transaction((from: number) => {
          for (let i = 0; i < entriesPerCommit; i++) {
            const entry = entries[i]!;
            new DataView(entry.buffer).setUint32(0, from + i);
            stored.append(entry, emptyPayload, null);
          }
        });
        const start = process.hrtime.bigint();
        for (let from = 0; from < size; from += entriesPerCommit) commit(from);
        const elapsed = seconds(start);
        must(stored.size() === size, 'the log has another size than what was appended');
        yield row(
          {
            bench: 'log',
            size: `append, ${size.toLocaleString('en')} entries`,
            figure: size / elapsed,
            unit: 'entries/s',
            baseline: (verifyRate + bareVerifyRate()) / 2,
            target: '>= 10 x verify',
          },
          (ratio) => ratio >= 10,
        );

        const root = stored.root();
        const times: number[] = [];
        for (let i = 0; i < proofs; i++) {
          const index = Math.floor(Math.random() * size);
          const began = process.hrtime.bigint();
          const proof = stored.inclusionProof(index, size);
          times.push(seconds(began) * 1000);
          const entry = new Uint8Array(56);
          new DataView(entry.buffer).setUint32(0, index);
          if (i % 20 === 0)
            must(
              verifyInclusion({ index, size, leafHash: leafHash(entry), proof, root }),
              `proof of ${index}`,
            );
        }
        const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
        yield row(
          {
            bench: 'log',
            size: `proof p99 at ${size.toLocaleString('en')} entries`,
            figure: p99,
            unit: 'ms',
            baseline: p50,
            target: '< 1 ms',
          },
          (_, figure) => figure < 1,
        );
        yield row(
          {
            bench: 'log',
            size: `bundle at ${size.toLocaleString('en')} entries`,
            figure: bundleBytes(size, root, stored.inclusionProof(Math.floor(size / 3), size)),
            unit: 'bytes',
            baseline: 4096,
            target: '<= 4 KB',
          },
          (_, figure) => figure <= 4096,
        );
        for (const consensus of ['qbft', 'clique'] as const) {
          const proof = stored.inclusionProof(Math.floor(size / 3), size);
          yield row(
            {
              bench: 'log',
              size: `bundle with ${consensus} evidence at ${size.toLocaleString('en')} entries`,
              figure: bundleBytes(size, root, proof) + (await evidenceBytes(consensus)),
              unit: 'bytes',
              baseline: 12_288,
              target: '<= 12 KB',
            },
            (_, figure) => figure <= 12_288,
          );
        }
      } finally {
        store.close();
        rmSync(dir, { recursive: true });
      }
    }
  },
};

/** The size of a whole bundle with the longest plausible fields, without chain evidence. */
function bundleBytes(size: number, root: Uint8Array, proof: Uint8Array[]): number {
  const secretKey = newSecretKey();
  const sign = (text: Uint8Array): Uint8Array => signEd25519(secretKey, text);
  const origin = 'gateway-7.farm-3.orchards.example/log';
  const payload = signMessage(
    {
      v: 1,
      device: 'truck-03',
      key: 1,
      boot: 12,
      seq: 123_456,
      time: Date.now(),
      batch: 'batch-2026-11-22-a',
      readings: [{ type: 'temperature', value: 4213 }],
    },
    sign,
  );
  const entry = encodeEntry({
    kind: 'message',
    clock: 'synchronised',
    receivedAt: Date.now(),
    boot: 3,
    sinceBootMs: 86_400_000,
    payloadHash: createHash('sha256').update(payload).digest(),
  });
  const hash = `0x${'ab'.repeat(32)}`;
  const enrolment = { transactionHash: hash, blockNumber: 123_456, logIndex: 2 };
  const key = Buffer.from(publicKeyOf(secretKey)).toString('base64');
  return Buffer.byteLength(
    JSON.stringify({
      type: 'tianyuan/proof/v1',
      entry: Buffer.from(entry).toString('base64'),
      payload: Buffer.from(payload).toString('base64'),
      tlogProof: formatTlogProof({
        index: Math.floor(size / 3),
        proof,
        checkpoint: signCheckpoint({ origin, size, root }, publicKeyOf(secretKey), sign),
      }),
      device: { id: 'truck-03', key: 1, publicKey: key, enrolment },
      log: { origin, key: 1, publicKey: key, enrolment },
      anchor: {
        chainId: 31_337,
        contract: `0x${'cd'.repeat(20)}`,
        transactionHash: hash,
        blockNumber: 123_456,
        blockHash: hash,
        blockTime: 1_795_000_000,
        logIndex: 3,
      },
    }),
  );
}

/**
 * Of a registry of 100 keys, five storage slots each, and four validators; under Clique with twelve later headers. With the
 * registry it grows by some 2 KB for ten times the keys.
 */
async function evidenceBytes(consensus: 'qbft' | 'clique'): Promise<number> {
  const laterSealers = Array.from({ length: 12 }, (_, i) => validatorSecrets[i % validatorSecrets.length]!);
  const options = { consensus, otherSlots: 500, ...(consensus === 'clique' && { laterSealers }) };
  const { anchor } = (await makeEvidenceSample(options)).bundle;
  return Buffer.byteLength(`,"evidence":${JSON.stringify((anchor as Anchor).evidence)}`);
}

function bareVerifyRate(): number {
  const secretKey = newSecretKey();
  const publicKey = publicKeyOf(secretKey);
  const message = new Uint8Array(200);
  const signature = signEd25519(secretKey, message);
  must(verifyEd25519(publicKey, message, signature), 'a signature');
  const count = 4_000;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) sodium.crypto_sign_verify_detached(signature, message, publicKey);
  return count / seconds(start);
}
