import { type TrustPolicy, jsonRpcOver, trustPolicySchema } from '@tianyuan/protocol';
import { element } from './element.ts';
import { say } from './language.ts';

const policyField = element('policy', HTMLTextAreaElement);
const rpcField = element('rpc', HTMLInputElement);
const problemLine = element('policy-problem', HTMLParagraphElement);

const suggestedRpc = rpcField.defaultValue;
let suggestedPolicy = '{}';

/** Fills the form with what this site suggests; asked once, so that the page goes on without a network. */
export async function loadSuggestion(): Promise<void> {
  try {
    const response = await fetch('/api/v1/trust-policy', { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    suggestedPolicy = JSON.stringify(trustPolicySchema.parse(await response.json()), null, 2);
  } catch {
    show(
      say(
        '没有取到本站建议的策略。请填入主管部门公布的策略；留空 {} 则不信任任何一方。',
        'This site’s suggestion did not arrive. Enter what the authority publishes; {} trusts nobody.',
      ),
    );
  }
  policyField.value = suggestedPolicy;
}

export function resetTrust(): void {
  policyField.value = suggestedPolicy;
  rpcField.value = suggestedRpc;
}

/** Whether what stands in the form is this site's word and not the reader's. */
export function isSuggestion(): boolean {
  return policyField.value === suggestedPolicy && rpcField.value === suggestedRpc;
}

/** The policy as it stands in the form; undefined, and told beside the form, where it is none. */
export function readTrust(): TrustPolicy | undefined {
  problemLine.hidden = true;
  const url = rpcField.value.trim();
  try {
    const policy = trustPolicySchema.parse(JSON.parse(policyField.value));
    return url === '' ? policy : { ...policy, rpc: jsonRpcOver(url) };
  } catch (error) {
    show(say(`信任策略写得不对：${explain(error)}`, `This is no trust policy: ${explain(error)}`));
    return undefined;
  }
}

function explain(error: unknown): string {
  const { issues, message } = error as Error & { issues?: { path: PropertyKey[]; message: string }[] };
  if (issues === undefined) return message;
  return issues.map((issue) => `${issue.path.map(String).join('.') || 'JSON'}: ${issue.message}`).join('; ');
}

function show(text: string): void {
  problemLine.textContent = text;
  problemLine.hidden = false;
}
