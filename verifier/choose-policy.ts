import { readFileSync } from 'node:fs';
import { type FinalityRule, type TrustPolicy, trustPolicySchema } from '@tianyuan/protocol';
import { UnusableInput, describeIssues } from './unusable-input.ts';

/** The command line's words on whom to trust, as they were typed. */
export type PolicyOptions = {
  policy?: string;
  chainId?: string;
  anchorLog?: string;
  registry?: string;
  finality?: string;
};

/** `source` says in words where the policy is from. */
export type ChosenPolicy = { policy: TrustPolicy; source: string };

/**
 * The policy to verify with: the file that was named, else the one that this checkout's own deployment wrote, else
 * nothing trusted; over it the values pinned by hand.
 * @throws UnusableInput
 */
export function choosePolicy(options: PolicyOptions, deploymentFile: string): ChosenPolicy {
  const base = readBase(options.policy, deploymentFile);
  const pinned = pinnedByHand(options);
  if (Object.keys(pinned).length === 0) return base;
  const parsed = trustPolicySchema.safeParse({ ...base.policy, chain: { ...base.policy.chain, ...pinned } });
  if (!parsed.success) {
    throw new UnusableInput(
      '命令行指定的链不完整或不正确：没有策略文件时，--chain-id、--anchor-log、--registry、--finality 须一起给出。',
      'The chain on the command line is not complete or not right: without a policy file, --chain-id, --anchor-log, ' +
        `--registry and --finality go together.\n${describeIssues(parsed.error)}`,
    );
  }
  return {
    policy: parsed.data,
    source: `${base.source} + ${Object.keys(pinned).join(', ')}（命令行 from the command line）`,
  };
}

function readBase(named: string | undefined, deploymentFile: string): ChosenPolicy {
  const file = named ?? deploymentFile;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (named === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') {
      return {
        policy: {},
        source:
          '无 none（没有信任任何一方，需要信任的项目不核验；what needs trust is not checked, see --policy）',
      };
    }
    throw new UnusableInput(
      `读不了信任策略 ${file}。`,
      `Cannot read the trust policy ${file}: ${(cause as Error).message}`,
      { cause },
    );
  }
  return {
    policy: parsePolicy(text, file),
    source: named ?? `${file}（本机部署自己的策略 what this machine's own deployment pins）`,
  };
}

function parsePolicy(text: string, file: string): TrustPolicy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UnusableInput(
      `信任策略 ${file} 不是 JSON。`,
      `The trust policy ${file} is not JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  const parsed = trustPolicySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnusableInput(
    `${file} 不是信任策略。`,
    `${file} is no trust policy:\n${describeIssues(parsed.error)}`,
  );
}

function pinnedByHand({ chainId, anchorLog, registry, finality }: PolicyOptions): Record<string, unknown> {
  return {
    ...(chainId !== undefined && { chainId: Number(chainId) }),
    ...(anchorLog !== undefined && { anchorLog }),
    ...(registry !== undefined && { deviceRegistry: registry }),
    ...(finality !== undefined && { finality: parseFinality(finality) }),
  };
}

/** `instant`, `confirmations:12` or `anvil:1000` (the interval of its state file in ms). */
function parseFinality(text: string): FinalityRule {
  if (text === 'instant') return { kind: 'instant' };
  const [, kind, number] = /^(confirmations|anvil):([1-9][0-9]{0,8})$/.exec(text) ?? [];
  if (kind === undefined) {
    throw new UnusableInput(
      `--finality 应为 instant、confirmations:区块数 或 anvil:毫秒数，而不是 ${text}`,
      `--finality is instant, confirmations:BLOCKS or anvil:MILLISECONDS, not ${text}`,
    );
  }
  return kind === 'anvil'
    ? { kind: 'anvil', stateIntervalMs: Number(number) }
    : { kind: 'confirmations', blocks: Number(number) };
}
