import {
  type TrustPolicy,
  bytesToHex,
  encodeBase64,
  encodeEntry,
  formatTlogProof,
  inclusionRanges,
  leafHash,
  newSecretKey,
  nodeHash,
  parseMessage,
  publicKeyOf,
  sha256,
  signCheckpoint,
  signEd25519,
  signMessage,
  utf8ToBytes,
  checkpointText,
} from '@tianyuan/protocol';

export type Signed = { publicKey: Uint8Array; message: Uint8Array; signature: Uint8Array };

/** A true bundle from a log of `size` entries, whose other subtrees are random hashes: nobody need hash them all. */
export function bundleUnderTest(size: number): { bundle: object; policy: TrustPolicy; signed: Signed[] } {
  const deviceKey = newSecretKey();
  const logKey = newSecretKey();
  const origin = 'gateway-7.farm-3.orchards.example/log';
  const payload = signMessage(
    {
      v: 1,
      device: 'truck-03',
      key: 1,
      boot: 12,
      seq: 3_456,
      time: Date.now(),
      batch: 'batch-7',
      readings: [{ type: 'temperature', value: 4213 }],
    },
    (input) => signEd25519(deviceKey, input),
  );
  const entry = encodeEntry({
    kind: 'message',
    clock: 'synchronised',
    receivedAt: Date.now(),
    boot: 3,
    sinceBootMs: 5000,
    payloadHash: sha256(payload),
  });
  const index = Math.floor(size / 3);
  const { proof, root } = syntheticProof(index, size, leafHash(entry));
  const head = { origin, size, root };
  const checkpoint = signCheckpoint(head, publicKeyOf(logKey), (text) => signEd25519(logKey, text));
  const parsed = parseMessage(payload);
  const text = utf8ToBytes(checkpointText(head));
  return {
    bundle: {
      type: 'tianyuan/proof/v1',
      entry: encodeBase64(entry),
      payload: encodeBase64(payload),
      tlogProof: formatTlogProof({ index, proof, checkpoint }),
      device: { id: 'truck-03', key: 1, publicKey: encodeBase64(publicKeyOf(deviceKey)) },
      log: { origin, key: 1, publicKey: encodeBase64(publicKeyOf(logKey)) },
    },
    policy: {
      logs: [{ origin, publicKey: encodeBase64(publicKeyOf(logKey)) }],
      devices: [{ id: 'truck-03', key: 1, publicKey: encodeBase64(publicKeyOf(deviceKey)) }],
    },
    signed: [
      { publicKey: publicKeyOf(deviceKey), message: parsed.signedBytes, signature: parsed.signature },
      { publicKey: publicKeyOf(logKey), message: text, signature: signEd25519(logKey, text) },
    ],
  };
}

function syntheticProof(
  index: number,
  size: number,
  leaf: Uint8Array,
): { proof: Uint8Array[]; root: Uint8Array } {
  let root = leaf;
  const proof = inclusionRanges(index, size).map(({ start, end }) => {
    const sibling = sha256(utf8ToBytes(`${start}-${end}-${bytesToHex(leaf)}`));
    root = start > index ? nodeHash(root, sibling) : nodeHash(sibling, root);
    return sibling;
  });
  return { proof, root };
}
