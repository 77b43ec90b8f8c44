import { type ProofBundle, type Reason, bundleType, proofBundleSchema } from '@tianyuan/protocol';

/** A bundle with chain evidence is 12 KB; whatever is far beyond is something else. */
export const maxBundleBytes = 1024 * 1024;

/** A bundle as far as its form goes, or what is wrong with the text, for people. Verifies nothing. */
export type ReadBundle = { bundle: ProofBundle } | { problem: Reason };

export function readBundle(bytes: Uint8Array): ReadBundle {
  if (bytes.length > maxBundleBytes) {
    return problem(
      '文件太大，不会是证明包：证明包只有几 KB。',
      'This is too large for a bundle, which has a few KB.',
    );
  }
  // Bytes that are no UTF-8 become U+FFFD, which no check takes for the character that was there.
  const text = new TextDecoder().decode(bytes).trim();
  if (text === '') {
    return problem('内容是空的。请重新下载证明包。', 'This is empty. Download the bundle again.');
  }
  if (!text.startsWith('{')) {
    return problem(
      '这不是证明包：证明包是以 { 开头的 JSON。请选择下载到的 .proof.json 文件。',
      'This is no bundle, which is JSON and starts with {. Choose the .proof.json file that was downloaded.',
    );
  }
  if (!text.endsWith('}')) {
    return problem(
      `内容在第 ${text.length} 个字符处断了，后面缺失。请重新下载或重新复制完整内容。`,
      `This breaks off after ${text.length} characters. Download it again, or copy all of it.`,
    );
  }
  return parse(text);
}

function parse(text: string): ReadBundle {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    return problem(
      `不是合规的 JSON：${message}。请使用下载到的原文件。`,
      `Not JSON: ${message}. Use the file as it was downloaded.`,
    );
  }
  const parsed = proofBundleSchema.safeParse(value);
  if (parsed.success) return { bundle: parsed.data };
  const [issue] = parsed.error.issues;
  const member = issue?.path.map(String).join('.') || 'JSON';
  return problem(
    `是 JSON，但不是 ${bundleType} 证明包：${member} 缺失或不合规（${issue?.message}）。`,
    `JSON, but no ${bundleType} bundle: ${member} is missing or not right (${issue?.message}).`,
  );
}

function problem(zh: string, en: string): ReadBundle {
  return { problem: { zh, en } };
}
