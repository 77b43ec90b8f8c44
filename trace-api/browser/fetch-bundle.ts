import { type ReadBundle, readBundle } from './read-bundle.ts';

/**
 * The bundle at a path of this site, as a link from a batch's page names it. Other sites are refused: a link must not
 * make the page ask strangers.
 */
export async function fetchBundle(path: string): Promise<ReadBundle> {
  const url = new URL(path, location.href);
  if (url.origin !== location.origin) {
    return {
      problem: {
        zh: `链接指向别的网站（${url.host}），本页不予读取。请下载证明包后选择文件。`,
        en: `The link points to another site (${url.host}), which this page does not ask. Download the bundle and choose the file.`,
      },
    };
  }
  try {
    const response = await fetch(url, { headers: { accept: 'application/json' } });
    if (response.ok) return readBundle(new Uint8Array(await response.arrayBuffer()));
    return {
      problem: {
        zh: `本站没有给出这个证明包（HTTP ${response.status}）：${url.pathname}`,
        en: `This site does not give that bundle (HTTP ${response.status}): ${url.pathname}`,
      },
    };
  } catch {
    return {
      problem: {
        zh: '取不到证明包：网络不通。请稍后再试，或选择已下载的文件。',
        en: 'The bundle cannot be fetched: no network. Try again later, or choose a file that you have.',
      },
    };
  }
}
