// oxlint-disable-next-line import/no-unassigned-import -- has to come before any schema is made
import './without-eval.ts';
import { verifyBundle } from '@tianyuan/protocol';
import { element } from './element.ts';
import { fetchBundle } from './fetch-bundle.ts';
import { language, say } from './language.ts';
import { type ReadBundle, maxBundleBytes, readBundle } from './read-bundle.ts';
import { resetChecks, showBanner, showCheck, showVerdict } from './show-checks.ts';
import { hideClaims, showClaims } from './show-claims.ts';
import { isSuggestion, loadSuggestion, readTrust, resetTrust } from './trust-form.ts';

const source = element('source', HTMLParagraphElement);
const drop = element('drop', HTMLLabelElement);
const fileField = element('file', HTMLInputElement);
const pasteField = element('paste', HTMLTextAreaElement);

let current: ReadBundle | undefined;
let latestRun = 0;
const suggestion = loadSuggestion();

/** Verifies what was read last under what stands in the form. A run that is overtaken by another shows nothing more. */
async function verify(): Promise<void> {
  const run = ++latestRun;
  await suggestion;
  if (current === undefined || run !== latestRun) return;
  resetChecks();
  hideClaims();
  if ('problem' in current) {
    showBanner('unusable', say('这不是可用的证明包', 'No usable bundle'), current.problem[language]);
    return;
  }
  const policy = readTrust();
  if (policy === undefined) {
    showBanner(
      'unusable',
      say('信任策略不可用', 'No usable trust policy'),
      say('请在下方改正后重新验证。', 'Mend it below and verify again.'),
    );
    return;
  }
  const { bundle } = current;
  showBanner('running', say('正在逐项核对……', 'Checking, one by one …'), '');
  const { verdict, checks } = await verifyBundle(bundle, policy, (check) => {
    if (run === latestRun) showCheck(check);
  });
  if (run !== latestRun) return;
  showVerdict(verdict, checks, isSuggestion());
  showClaims(bundle, verdict);
}

async function take(from: string, read: ReadBundle): Promise<void> {
  current = read;
  source.textContent = from;
  await verify();
}

async function takeFile(file: File): Promise<void> {
  // Never reads more of a file than a bundle may have; one byte over is enough to refuse it.
  const bytes = new Uint8Array(await file.slice(0, maxBundleBytes + 1).arrayBuffer());
  await take(say(`文件：${file.name}`, `File: ${file.name}`), readBundle(bytes));
}

function listen(): void {
  fileField.addEventListener('change', () => {
    const [file] = fileField.files ?? [];
    if (file !== undefined) void takeFile(file);
    fileField.value = ''; // so that the same file, mended, can be chosen again
  });
  for (const name of ['dragenter', 'dragover', 'dragleave', 'drop'] as const) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', name === 'dragenter' || name === 'dragover');
    });
  }
  drop.addEventListener('drop', ({ dataTransfer }) => {
    const [file] = dataTransfer?.files ?? [];
    if (file !== undefined) void takeFile(file);
  });
  element('verify-paste', HTMLButtonElement).addEventListener('click', () => {
    void take(say('粘贴的内容', 'Pasted'), readBundle(new TextEncoder().encode(pasteField.value)));
  });
  element('verify-again', HTMLButtonElement).addEventListener('click', () => {
    void verify();
    element('result', HTMLHeadingElement).scrollIntoView();
  });
  element('reset-trust', HTMLButtonElement).addEventListener('click', () => {
    resetTrust();
    void verify();
  });
}

listen();
const linked = new URLSearchParams(location.search).get('bundle');
if (linked !== null && current === undefined) {
  await take(say(`来自本站：${linked}`, `From this site: ${linked}`), await fetchBundle(linked));
}
