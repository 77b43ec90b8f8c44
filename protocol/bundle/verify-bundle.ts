import { checkAnchor, checkFinality } from './check-anchor.ts';
import { checkCheckpointSignature, checkCosignatures, checkInclusion } from './check-log.ts';
import { checkDeviceKey, checkMessageSignature, checkPayloadCommitment } from './check-message.ts';
import { type Check, type CheckName, type Finding, type Verdict, checkNames, verdictOf } from './check.ts';
import { decodeBundle } from './decode-bundle.ts';
import { type ProofBundle, bundleType, proofBundleSchema } from './proof-bundle.ts';
import type { TrustPolicy } from './trust-policy.ts';

/**
 * Everything that can be said of a bundle by one who trusts the policy and nobody else. Effects: only `policy.rpc`.
 * Never throws: what is no bundle at all is `incomplete`, with that as the reason of every check.
 *
 * @param onCheck told each check as soon as it is decided, for a page that shows them one by one
 */
export async function verifyBundle(
  bundle: unknown,
  policy: TrustPolicy,
  onCheck: (check: Check) => void = () => {},
): Promise<{ verdict: Verdict; checks: Check[] }> {
  const parsed = parseBundle(bundle);
  if (parsed === undefined) return unusable(onCheck);
  const parts = decodeBundle(parsed);
  // Loaded where there is a bundle to verify: a gateway takes its messages without an EVM's libraries in memory.
  const { examineEvidence } = await import('../evidence/examine-evidence.ts');
  const decoded = { ...parts, evidence: await examineEvidence(parts, policy) };

  const checks: Check[] = [];
  const decide = (name: CheckName, finding: Finding): Finding => {
    const check = { name, ...finding };
    checks.push(check);
    onCheck(check);
    return finding;
  };
  decide('message signature', checkMessageSignature(decoded));
  decide('device key', await checkDeviceKey(decoded, policy));
  decide('payload commitment', checkPayloadCommitment(decoded));
  decide('inclusion', checkInclusion(decoded));
  decide('checkpoint signature', await checkCheckpointSignature(decoded, policy));
  decide('cosignatures', checkCosignatures(decoded, policy));
  const anchor = decide('anchor', await checkAnchor(decoded, policy));
  decide('finality', await checkFinality(decoded, policy, anchor));
  return { verdict: verdictOf(checks), checks };
}

function parseBundle(bundle: unknown): ProofBundle | undefined {
  try {
    return proofBundleSchema.safeParse(bundle).data;
  } catch {
    return undefined; // nested deeper than the stack, or an object whose getters throw
  }
}

function unusable(onCheck: (check: Check) => void): { verdict: Verdict; checks: Check[] } {
  const reason = { zh: `这不是 ${bundleType} 证明包`, en: `this is no ${bundleType} bundle` };
  const checks = checkNames.map((name): Check => ({ name, status: 'not checked', reason }));
  checks.forEach((check) => onCheck(check));
  return { verdict: 'incomplete', checks };
}
