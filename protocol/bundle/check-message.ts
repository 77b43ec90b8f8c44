import { isAcceptablePublicKey, verifyEd25519 } from '../ed25519.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { decodeBase64 } from '../encoding/base64.ts';
import { isRotationProven } from '../message/rotation.ts';
import { sha256 } from '../sha256.ts';
import { refuteDisclosed } from './check-disclosed.ts';
import { type Finding, failed, notChecked, passed } from './check.ts';
import type { DecodedBundle } from './decode-bundle.ts';
import { type RegisteredKey, asOf, findKey } from './registry.ts';
import type { TrustPolicy } from './trust-policy.ts';

const withheld = notChecked('原始数据未公开', 'the payload is withheld');
const notSigned = notChecked(
  '本条目是网关自己的声明，没有设备签名',
  "this entry is the gateway's own, no device signed it",
);

/** The payload is a message, and the bundle's device key signed it. */
export function checkMessageSignature({ message, deviceKey, entry }: DecodedBundle): Finding {
  if (message === undefined) return withheld;
  if (entry.broken === undefined && !isSignedKind(entry.value.fields.kind)) return notSigned;
  if (message.broken !== undefined)
    return failed('原始数据不是合规的报文', `not a message: ${message.broken}`);
  if (deviceKey === undefined) return notChecked('证明包没有给出设备公钥', 'the bundle gives no device key');
  if (deviceKey.broken !== undefined) return failed('设备公钥无法解读', `device key: ${deviceKey.broken}`);
  if (!verifyEd25519(deviceKey.value, message.value.signedBytes, message.value.signature)) {
    return failed('设备签名无效：数据或签名被改动过', "the device's signature does not fit the message");
  }
  if ('rotation' in message.value.message && !isRotationProven(message.value.message.rotation)) {
    return failed('新密钥没有为这次轮换签名', 'the new key did not sign its rotation');
  }
  return passed('设备签名有效', "the device's signature fits the message");
}

/** The key that signed is one that the verifier's policy, or the registry it trusts, gives to this device. */
export async function checkDeviceKey(decoded: DecodedBundle, policy: TrustPolicy): Promise<Finding> {
  const { message, deviceKey, bundle, entry } = decoded;
  if (message === undefined) return withheld;
  if (entry.broken === undefined && !isSignedKind(entry.value.fields.kind)) return notSigned;
  const { device } = bundle;
  if (device === undefined) return notChecked('证明包没有给出设备公钥', 'the bundle gives no device key');
  if (deviceKey === undefined || deviceKey.broken !== undefined || !isAcceptablePublicKey(deviceKey.value)) {
    return failed('设备公钥不可接受', 'the device key is no acceptable Ed25519 key');
  }
  if (message.broken === undefined) {
    const { message: claimed } = message.value;
    if (claimed.device !== device.id || claimed.key !== device.key) {
      return failed(
        `报文来自 ${claimed.device} 的第 ${claimed.key} 号密钥，证明包写的却是 ${device.id} 的第 ${device.key} 号`,
        `the message names ${claimed.device} key ${claimed.key}, the bundle ${device.id} key ${device.key}`,
      );
    }
  }
  const pinned = policy.devices?.find((one) => one.id === device.id && one.key === device.key);
  if (pinned !== undefined) {
    return equalBytes(decodeBase64(pinned.publicKey), deviceKey.value)
      ? passed('设备公钥与您信任的一致', 'the device key is the one that the policy pins')
      : failed('设备公钥与您信任的不一致', 'the policy pins another key for this device');
  }
  const registered = await findKey(decoded, policy, 'device', {
    subject: device.id,
    key: device.key,
    logOrigin: bundle.log.origin,
  });
  return judgeRegisteredKey(registered, deviceKey.value, decoded);
}

/** The entry commits to exactly these payload bytes, and they to every field that the bundle opens. */
export function checkPayloadCommitment(decoded: DecodedBundle): Finding {
  const { bundle, payload, entry } = decoded;
  if (payload === undefined) return withheld;
  if (payload.broken !== undefined) return failed('原始数据无法解读', `payload: ${payload.broken}`);
  if (entry.broken !== undefined) return failed('日志条目无法解读', `entry: ${entry.broken}`);
  if (!equalBytes(sha256(payload.value), entry.value.fields.payloadHash)) {
    return failed('原始数据与日志条目不一致', "the payload's SHA-256 is not the one in the entry");
  }
  const refuted = refuteDisclosed(decoded);
  if (refuted !== undefined) return refuted;
  return bundle.disclosed === undefined || bundle.disclosed.length === 0
    ? passed('原始数据与日志条目一致', "the payload's SHA-256 is the one in the entry")
    : passed(
        '原始数据与日志条目一致，公开的字段与其承诺一致',
        "the payload's SHA-256 is the one in the entry, and it commits to the disclosed fields",
      );
}

function judgeRegisteredKey(
  registered: RegisteredKey,
  key: Uint8Array,
  { proof, message }: DecodedBundle,
): Finding {
  if (registered.state === 'unknown') return notChecked(registered.reason.zh, registered.reason.en);
  if (registered.state === 'missing') {
    return failed('链上登记册没有这把设备密钥', 'the registry on the chain has no such device key');
  }
  if (!equalBytes(registered.publicKey, key)) {
    return failed('设备公钥与链上登记的不一致', 'the registry on the chain has another key for this device');
  }
  const from = registered.revokedFrom;
  if (from !== undefined && (proof.broken !== undefined || proof.value.index >= from)) {
    return failed(`密钥自第 ${from} 条起已吊销`, `the key is revoked from entry ${from} on`);
  }
  const { suspectFrom, end } = registered;
  const claimed = message?.value?.message;
  if (claimed !== undefined && end !== undefined && end !== 'not shown' && isAfter(claimed, end)) {
    return failed(
      `密钥已轮换，其最后一条是第 ${end.boot} 次启动的第 ${end.seq} 条，本条在其后`,
      `the key was rotated: its last message is boot ${end.boot}, seq ${end.seq}, and this one comes after it`,
    );
  }
  if (suspectFrom !== undefined && (proof.broken !== undefined || proof.value.index >= suspectFrom)) {
    return suspect(suspectFrom);
  }
  if (end === 'not shown') {
    return notChecked(
      '密钥已被轮换或吊销，所附证据看不出它签署的最后一条是哪一条',
      'the key was rotated or revoked, and the evidence does not show which message was its last',
    );
  }
  const { zh, en } = asOf(registered);
  return passed(`设备公钥已在链上登记${zh}`, `the device key is enrolled in the registry on the chain${en}`);
}

/** Whether a message comes after that one of the same key. */
function isAfter(one: { boot: number; seq: number }, last: { boot: number; seq: number }): boolean {
  return one.boot > last.boot || (one.boot === last.boot && one.seq > last.seq);
}

/** An honest message may have been on its way when the key was revoked: nobody has said yet from where on it is forged. */
function suspect(from: number): Finding {
  return notChecked(
    `存疑：密钥吊销时该日志只上链到第 ${from} 条之前，之后的条目尚未由登记方裁定`,
    `suspect: when the key was revoked this log had ${from} entries anchored, and the registrar has not settled what follows`,
  );
}

function isSignedKind(kind: string): boolean {
  return kind === 'message' || kind === 'equivocation';
}
