import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../encoding/bytes.ts';
import type { KeyEnd } from '../evidence/registry-record.ts';
import { logId } from '../log/log-id.ts';
import { ProtocolError } from '../protocol-error.ts';
import { sha256 } from '../sha256.ts';
import { readChainId } from './chain-evidence.ts';
import type { Reason } from './check.ts';
import { type JsonRpc, describeFailure } from './json-rpc.ts';
import type { DecodedBundle } from './decode-bundle.ts';
import { provenKey } from './proven-key.ts';
import type { TrustPolicy } from './trust-policy.ts';

/**
 * What the pinned DeviceRegistry says of a key. `revokedFrom` is the log index from which on the registrar revoked it;
 * `suspectFrom`, where nobody named one, is what the log had anchored when the key was revoked.
 */
export type RegisteredKey =
  | {
      state: 'enrolled';
      publicKey: Uint8Array;
      revokedFrom?: number;
      suspectFrom?: number;
      /** where another key took over */
      end?: KeyEnd;
      /** the block that this was true at, where no node was asked what is true now */
      asOfBlock?: number;
    }
  | { state: 'missing' }
  | { state: 'unknown'; reason: Reason };

const keyOf = selector('keyOf(bytes32,uint32)');
const revocationOf = selector('revocationOf(bytes32,bytes32)');

/** Which key of whom: the record of its public key is looked up, and compared by the caller. */
export type WantedKey = { subject: string; key: number; logOrigin: string };

/**
 * What the pinned registry says of a key: over the policy's node where there is one, since that knows of later
 * revocations; else by what the bundle's evidence proves of the anchor's block.
 */
export async function findKey(
  { evidence, proof, deviceKey, logKey }: DecodedBundle,
  policy: TrustPolicy,
  whose: 'device' | 'log',
  wanted: WantedKey,
): Promise<RegisteredKey> {
  const asked = await readKey(policy, wanted);
  const key = whose === 'log' ? logKey.value : deviceKey?.value;
  if (asked.state !== 'unknown' || evidence.state !== 'sound' || key === undefined) return asked;
  const index = whose === 'log' ? evidence.event.newSize - 1 : proof.value?.index;
  return provenKey(evidence, { ...wanted, whose, publicKey: key, index }) ?? asked;
}

/**
 * Asks the pinned registry over the policy's node for a device's or a log's key, and from which entry of one log on it is
 * revoked. The registry knows subjects by the SHA-256 of their id.
 */
async function readKey({ chain, rpc }: TrustPolicy, wanted: WantedKey): Promise<RegisteredKey> {
  if (chain === undefined || rpc === undefined) {
    return unknown('没有可信的登记来源', 'nothing that you trust vouches for the key');
  }
  try {
    if ((await readChainId(rpc)) !== chain.chainId) {
      return unknown('所问节点属于另一条链', 'the node that was asked is of another chain');
    }
    const call = (data: string) => callContract(rpc, chain.deviceRegistry, data);
    const key = await call(keyOf + bytesToHex(sha256(utf8ToBytes(wanted.subject))) + uintWord(wanted.key));
    const publicKey = hexToBytes(word(key, 0));
    if (publicKey.every((byte) => byte === 0)) return { state: 'missing' };
    const revocation = await call(revocationOf + bytesToHex(publicKey) + bytesToHex(logId(wanted.logOrigin)));
    return { state: 'enrolled', publicKey, ...readRotation(key), ...readRevocation(revocation) };
  } catch (error) {
    return unknown('链节点没有回答', `the chain's node gives no answer: ${describeFailure(error)}`);
  }
}

/**
 * Of IDeviceRegistry.Key the last three words: rotatedAtBlock, lastBoot, lastSeq.
 * @throws ProtocolError RPC
 */
function readRotation(key: string): { end?: KeyEnd } {
  if (key.length < 2 + 11 * 64) throw new ProtocolError('RPC', 'the registry is laid out in another way');
  const [rotatedAtBlock, boot, seq] = [8, 9, 10].map((i) => Number(`0x${word(key, i)}`));
  return rotatedAtBlock === 0 ? {} : { end: { boot: boot!, seq: seq! } };
}

/** IDeviceRegistry.RevocationScope: 0 not revoked, 1 from an index that the registrar named, 2 from the anchored head on. */
function readRevocation(answer: string): { revokedFrom?: number; suspectFrom?: number } {
  const [scope, index] = [Number(`0x${word(answer, 0)}`), Number(`0x${word(answer, 1)}`)];
  if (scope === 0) return {};
  return scope === 2 ? { suspectFrom: index } : { revokedFrom: index };
}

/** What a verdict adds where it rests on the anchor's block and not on what the chain says now. */
export function asOf(registered: { asOfBlock?: number }): Reason {
  const { asOfBlock: block } = registered;
  return block === undefined
    ? { zh: '', en: '' }
    : { zh: `（截至第 ${block} 个区块）`, en: ` as of block ${block}` };
}

async function callContract(rpc: JsonRpc, to: string, data: string): Promise<string> {
  const answer = await rpc('eth_call', [{ to, data }, 'latest']);
  if (typeof answer !== 'string' || !/^0x([0-9a-f]{64})+$/.test(answer)) {
    throw new ProtocolError('RPC', `there is no DeviceRegistry at ${to}`);
  }
  return answer;
}

function word(answer: string, i: number): string {
  return answer.slice(2 + i * 64, 2 + (i + 1) * 64);
}

function uintWord(value: number): string {
  return value.toString(16).padStart(64, '0');
}

function selector(signature: string): string {
  return `0x${bytesToHex(keccak_256(utf8ToBytes(signature)).slice(0, 4))}`;
}

function unknown(zh: string, en: string): RegisteredKey {
  return { state: 'unknown', reason: { zh, en } };
}
