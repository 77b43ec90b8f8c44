import { readFile } from 'node:fs/promises';
import {
  type Check,
  type ExcursionClaim,
  type LoggedPayload,
  type ProofBundle,
  type TrustPolicy,
  type Verdict,
  decodeBase64,
  excursionClaimSchema,
  logIdHex,
  parseCheckpoint,
  parseTlogProof,
  recomputeExcursion,
  verifyBundle,
} from '@tianyuan/protocol';
import { readBundle } from './read-bundle.ts';
import { UnusableInput, describeIssues } from './unusable-input.ts';

/** `reason` is why the readings do not give the excursion; null where they do. */
export type ExcursionResult = { verdict: Verdict; reason: string | null; bundles: Record<string, Verdict> };

/**
 * Verifies the bundles of an excursion's leaves and works it out again from their payloads. Its verdict is `invalid` where a
 * bundle is, or where the readings give something else; `incomplete` where a bundle is.
 * @throws UnusableInput for what is no claim, or no bundle
 */
export async function verifyExcursion(
  claimFile: string,
  files: readonly string[],
  policy: TrustPolicy,
  onBundle: (file: string, verdict: Verdict, checks: readonly Check[]) => void = () => {},
): Promise<ExcursionResult> {
  const claim = await readClaim(claimFile);
  const bundles: Record<string, Verdict> = {};
  const payloads: LoggedPayload[] = [];
  for (const file of files) {
    const bundle = await readBundle(file);
    const { verdict, checks } = await verifyBundle(bundle, policy);
    bundles[file] = verdict;
    onBundle(file, verdict, checks);
    const payload = verdict === 'invalid' ? undefined : payloadOf(bundle);
    if (payload !== undefined) payloads.push(payload);
  }
  const again = recomputeExcursion(claim, payloads, Date.now());
  return {
    verdict: judge(Object.values(bundles), again.same),
    reason: again.same ? null : again.reason,
    bundles,
  };
}

async function readClaim(file: string): Promise<ExcursionClaim> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new UnusableInput(
      `读不了 ${file}，或者它不是 JSON。`,
      `Cannot read ${file} as JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  const parsed = excursionClaimSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnusableInput(
    `${file} 不是一次超温记录：请保存 /excursions 回答中 excursions 的一项。`,
    `${file} is no excursion: save one member of \`excursions\` as /excursions answers.\n${describeIssues(parsed.error)}`,
  );
}

/** Undefined where it is withheld: what the readings give will then differ, or be said to be missing. */
function payloadOf({ entry, payload, tlogProof }: ProofBundle): LoggedPayload | undefined {
  if (payload === undefined) return undefined;
  const { index, checkpoint } = parseTlogProof(tlogProof);
  const logId = logIdHex(parseCheckpoint(checkpoint).origin);
  return { logId, index, entry: decodeBase64(entry), payload: decodeBase64(payload) };
}

function judge(verdicts: readonly Verdict[], isSame: boolean): Verdict {
  if (!isSame || verdicts.includes('invalid')) return 'invalid';
  return verdicts.includes('incomplete') ? 'incomplete' : 'valid';
}
