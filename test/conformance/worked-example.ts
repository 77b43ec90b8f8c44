import {
  type TrustPolicy,
  type UnsignedMessage,
  appendToRange,
  bytesToHex,
  decodeUtf8,
  encodeBase64,
  encodeEntry,
  formatTlogProof,
  hexToBytes,
  inclusionRanges,
  leafHash,
  logIdHex,
  publicKeyOf,
  rangeRoot,
  sha256,
  signCheckpoint,
  signEd25519,
  signMessage,
  signingInput,
  utf8ToBytes,
  verifierKey,
} from '@tianyuan/protocol';

// RFC 8032 section 7.1, tests 1 and 2: keys that nobody can mistake for a secret.
const deviceSeed = hexToBytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const gatewaySeed = hexToBytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');

const origin = 'gw-1.orchard.example';
const device = 'truck-03';
const time = Date.UTC(2026, 8, 12, 3, 20); // 2026-09-12 11:20 in Shanghai

const message: UnsignedMessage = {
  v: 1,
  device,
  key: 1,
  boot: 3,
  seq: 42,
  time,
  batch: 'apple-2026-09',
  readings: [
    { type: 'temperature', value: 4250 },
    { type: 'humidity', value: 88_500, dt: 1500 },
  ],
};

/** The example of docs/protocol.md, each part by the name under which it stands there. Ed25519 is deterministic. */
export function workedExample(): Record<string, string> {
  const payload = signMessage(message, (input) => signEd25519(deviceSeed, input));
  const entries = ['the entry before', payload, 'the entry after'].map((content, i) =>
    encodeEntry({
      kind: 'message',
      clock: 'synchronised',
      receivedAt: time + 800 + i,
      boot: 7,
      sinceBootMs: 3_600_000 + i,
      payloadHash: sha256(typeof content === 'string' ? utf8ToBytes(content) : content),
    }),
  );
  const leaves = entries.map(leafHash);
  const gatewayKey = publicKeyOf(gatewaySeed);
  const head = { origin, size: leaves.length, root: rootOf(leaves) };
  const checkpoint = signCheckpoint(head, gatewayKey, (text) => signEd25519(gatewaySeed, text));
  const proof = inclusionRanges(1, head.size).map(({ start, end }) => rootOf(leaves.slice(start, end)));
  const tlogProof = formatTlogProof({ index: 1, proof, checkpoint });

  const devicePublicKey = encodeBase64(publicKeyOf(deviceSeed));
  const logPublicKey = encodeBase64(gatewayKey);
  const bundle = {
    type: 'tianyuan/proof/v1',
    entry: encodeBase64(entries[1]!),
    payload: encodeBase64(payload),
    tlogProof,
    device: { id: device, key: 1, publicKey: devicePublicKey },
    log: { origin, key: 1, publicKey: logPublicKey },
  };
  const policy: TrustPolicy = {
    devices: [{ id: device, key: 1, publicKey: devicePublicKey }],
    logs: [{ origin, publicKey: logPublicKey }],
  };
  return {
    'signed bytes': decodeUtf8(signingInput(message)),
    payload: decodeUtf8(payload),
    entry: hexOfFields(entries[1]!, [1, 1, 1, 1, 8, 4, 8, 32]),
    leaves: leaves.map((leaf, i) => `leaf ${i}  ${bytesToHex(leaf)}`).join('\n'),
    root: bytesToHex(head.root),
    'log id': logIdHex(origin),
    'verifier key': verifierKey(origin, gatewayKey),
    'tlog-proof': tlogProof.trimEnd(),
    bundle: JSON.stringify(bundle, null, 2),
    policy: JSON.stringify(policy, null, 2),
  };
}

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const range = { size: 0, nodes: [] };
  for (const leaf of leaves) appendToRange(range, leaf);
  return rangeRoot(range);
}

/** A line a field. */
function hexOfFields(bytes: Uint8Array, lengths: readonly number[]): string {
  let offset = 0;
  return lengths.map((length) => bytesToHex(bytes.subarray(offset, (offset += length)))).join('\n');
}
