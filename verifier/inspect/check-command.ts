import { readFileSync } from 'node:fs';
import { stdout } from 'node:process';
import { UnusableInput } from '../unusable-input.ts';
import { readReport } from './report-page.ts';
import { isSound } from './report.ts';

/**
 * `inspect check`: 0 where this inspector signed exactly this page, else 1.
 * @throws UnusableInput
 */
export function checkReport(file: string, publicKey: string): number {
  let html: string;
  try {
    html = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UnusableInput(`读不了 ${file}。`, `Cannot read ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
  const signed = readReport(html);
  if (signed === undefined) {
    stdout.write('✗ 不是抽检报告，或页面被改动过 · no inspection report, or its page was changed\n');
    return 1;
  }
  if (signed.inspector !== publicKey) {
    stdout.write(`✗ 由另一把密钥签署 · signed with another key: ${signed.inspector}\n`);
    return 1;
  }
  if (!isSound(signed)) {
    stdout.write('✗ 签名无效 · the signature does not fit\n');
    return 1;
  }
  const { examined, accurate, complete } = signed.report;
  stdout.write(
    `✓ 签名有效：抽检 ${examined} 批，准确 ${accurate} 批${complete ? '' : '（中途中止）'} · signed: ${accurate} of ${examined} lots accurate${complete ? '' : ', called off'}\n`,
  );
  return 0;
}
