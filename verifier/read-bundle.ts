import { createReadStream } from 'node:fs';
import { stdin } from 'node:process';
import { bundleType, type ProofBundle, proofBundleSchema } from '@tianyuan/protocol';
import { UnusableInput, describeIssues } from './unusable-input.ts';

/** A bundle with chain evidence is 12 KB; beyond this a file is something else, and is not read to its end. */
const maxBundleBytes = 1024 * 1024;

/**
 * The bundle in a file, or on standard input where `file` is `-`. Nothing in it is verified yet.
 * @throws UnusableInput for what cannot be read, is no JSON, or is no bundle
 */
export async function readBundle(file: string): Promise<ProofBundle> {
  const name = file === '-' ? 'stdin' : file;
  const text = await readText(file, name);
  if (text.trim() === '') throw isEmpty(name);
  const parsed = proofBundleSchema.safeParse(parseJson(text, name));
  if (parsed.success) return parsed.data;
  const issues = describeIssues(parsed.error);
  throw new UnusableInput(
    `${name} 是 JSON，但不是 ${bundleType} 证明包。请下载该批次的 .proof.json 文件。`,
    `${name} is JSON, but no ${bundleType} bundle. Download the .proof.json file of the batch.\n${issues}`,
  );
}

function isEmpty(name: string): UnusableInput {
  return new UnusableInput(
    `${name} 是空的。请重新下载 .proof.json 文件。`,
    `${name} is empty. Download the .proof.json file again.`,
  );
}

async function readText(file: string, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of file === '-' ? stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > maxBundleBytes) break;
    }
  } catch (cause) {
    throw new UnusableInput(
      `读不了 ${name}。请给出 .proof.json 文件的路径。`,
      `Cannot read ${name}: ${(cause as Error).message}. Give the path of a .proof.json file.`,
      { cause },
    );
  }
  if (length > maxBundleBytes) {
    throw new UnusableInput(
      `${name} 超过 ${maxBundleBytes} 字节，不会是证明包（证明包只有几 KB）。`,
      `${name} has more than ${maxBundleBytes} bytes, so it is no proof bundle (those have a few KB).`,
    );
  }
  // Bytes that are no UTF-8 become U+FFFD, which no check takes for the character that was there.
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const cut = text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}');
    if (cut) {
      throw new UnusableInput(
        `${name} 在中途断了：只有前 ${text.length} 个字符。请重新下载。`,
        `${name} ends in the middle: it is ${text.length} characters of a longer file. Download it again.`,
        { cause },
      );
    }
    throw new UnusableInput(
      `${name} 不是 JSON。请使用下载到的 .proof.json 原文件。`,
      `${name} is not JSON: ${(cause as Error).message}. Give a .proof.json file as it was downloaded.`,
      { cause },
    );
  }
}
