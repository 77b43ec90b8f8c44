import { decodeBase64 } from '../encoding/base64.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { logSignature, verifyCheckpoint } from '../log/checkpoint.ts';
import { verifyCosignature } from '../log/cosignature.ts';
import { leafHash } from '../merkle/hash.ts';
import { verifyInclusion } from '../merkle/verify-inclusion.ts';
import { type Finding, failed, notChecked, passed } from './check.ts';
import type { DecodedBundle } from './decode-bundle.ts';
import { asOf, findKey } from './registry.ts';
import type { TrustPolicy } from './trust-policy.ts';

/** The entry is in the tree whose root the checkpoint states. */
export function checkInclusion({ entry, proof, checkpoint }: DecodedBundle): Finding {
  if (entry.broken !== undefined) return failed('日志条目无法解读', `entry: ${entry.broken}`);
  if (proof.broken !== undefined) return failed('包含证明无法解读', `inclusion proof: ${proof.broken}`);
  if (checkpoint.broken !== undefined) return failed('检查点无法解读', `checkpoint: ${checkpoint.broken}`);
  const { index, proof: path } = proof.value;
  const { size, root } = checkpoint.value;
  return verifyInclusion({ index, size, leafHash: leafHash(entry.value.bytes), proof: path, root })
    ? passed(`是日志共 ${size} 条中的第 ${index} 条`, `entry ${index} of the ${size} in the log`)
    : failed('该条目不在日志中，或被改动过', 'the entry is not in the log under this root');
}

/** The log's key signed the checkpoint, and the policy or the registry vouches for that key. */
export async function checkCheckpointSignature(
  decoded: DecodedBundle,
  policy: TrustPolicy,
): Promise<Finding> {
  const { bundle, logKey } = decoded;
  if (decoded.checkpoint.broken !== undefined) {
    return failed('检查点无法解读', `checkpoint: ${decoded.checkpoint.broken}`);
  }
  if (logKey.broken !== undefined) return failed('日志公钥无法解读', `log key: ${logKey.broken}`);
  const checkpoint = decoded.checkpoint.value;
  if (checkpoint.origin !== bundle.log.origin) {
    return failed(
      `检查点属于 ${checkpoint.origin}，证明包写的却是 ${bundle.log.origin}`,
      `the checkpoint is of ${checkpoint.origin}, the bundle names ${bundle.log.origin}`,
    );
  }
  if (!verifyCheckpoint(checkpoint, logKey.value)) {
    return logSignature(checkpoint, logKey.value) === undefined
      ? failed('检查点没有日志密钥的签名', "no signature line of the log's key")
      : failed('检查点签名无效', "the log's signature does not fit the checkpoint");
  }
  const pinned = policy.logs?.find((one) => one.origin === bundle.log.origin);
  if (pinned !== undefined) {
    return equalBytes(decodeBase64(pinned.publicKey), logKey.value)
      ? passed('检查点签名有效，密钥与您信任的一致', 'signed with the log key that the policy pins')
      : failed('日志公钥与您信任的不一致', 'the policy pins another key for this log');
  }
  const { origin, key } = bundle.log;
  const registered = await findKey(decoded, policy, 'log', { subject: origin, key, logOrigin: origin });
  switch (registered.state) {
    case 'unknown':
      return notChecked(
        `签名与证明包所附公钥相符，但${registered.reason.zh}`,
        `the signature fits the key in the bundle, but ${registered.reason.en}`,
      );
    case 'missing':
      return failed('链上登记册没有这把日志密钥', 'the registry on the chain has no such log key');
    case 'enrolled': {
      if (!equalBytes(registered.publicKey, logKey.value)) {
        return failed('日志公钥与链上登记的不一致', 'the registry on the chain has another key for this log');
      }
      const { revokedFrom: from, suspectFrom } = registered;
      if (suspectFrom !== undefined && checkpoint.size > suspectFrom) {
        return notChecked(
          `存疑：日志密钥吊销时只上链到 ${suspectFrom} 条，其后的检查点尚未由登记方裁定`,
          `suspect: when the log's key was revoked ${suspectFrom} entries were anchored, and the registrar has not settled what follows`,
        );
      }
      return from !== undefined && checkpoint.size > from
        ? failed(`日志密钥自第 ${from} 条起已吊销`, `the log's key is revoked from entry ${from} on`)
        : passed(
            `检查点签名有效，密钥已在链上登记${asOf(registered).zh}`,
            `signed with the log key that the registry on the chain has${asOf(registered).en}`,
          );
    }
  }
}

/** As many of the policy's witnesses cosigned as it asks for. Lines of others are ignored, as signed-note says. */
export function checkCosignatures({ checkpoint }: DecodedBundle, policy: TrustPolicy): Finding {
  const { witnesses } = policy;
  if (witnesses === undefined) return passed('您的信任策略不要求见证人', 'the policy asks for no witness');
  if (checkpoint.broken !== undefined) return failed('检查点无法解读', `checkpoint: ${checkpoint.broken}`);
  const valid = new Set<string>(); // by key: one that the policy lists twice is one witness
  for (const { name, publicKey } of witnesses.keys) {
    const verdict = verifyCosignature(checkpoint.value, { name, publicKey: decodeBase64(publicKey) });
    if (verdict === 'invalid')
      return failed(`见证人 ${name} 的签名无效`, `the cosignature of ${name} does not fit`);
    if (verdict === 'valid') valid.add(publicKey);
  }
  const [zh, en] = [
    `${witnesses.quorum} 个见证人中有 ${valid.size} 个`,
    `${valid.size} of the ${witnesses.quorum} witnesses asked for`,
  ];
  return valid.size >= witnesses.quorum ? passed(zh, en) : notChecked(zh, en);
}
