/** Where a link of a Markdown file leads, as it is written there, and the line that it stands on. */
export type Link = { target: string; line: number };

/** Inline links and images, reference definitions, and `href` and `src` of HTML. No text of ours nests brackets deeper. */
const patterns = [
  /\[(?:[^[\]]|\[[^[\]]*\](?:\([^()]*\))?)*\]\(\s*<?([^\s()<>]+)>?[^()]*\)/g,
  /(?<=\[[^[\]]*\]\()([^\s()<>]+)(?=\)\]\()/g,
  /^ {0,3}\[[^[\]]+\]:\s+<?([^\s<>]+)>?/gm,
  /<[a-z][^<>]*\s(?:href|src|srcset)="([^"]+)"/g,
];

/** Every link of a Markdown text; what stands in code is no link. */
export function linksOf(markdown: string): Link[] {
  const text = withoutCode(markdown);
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => ({ target: match[1]!, line: text.slice(0, match.index).split('\n').length }));
}

/** The anchors that GitHub gives to a text's headings: lower case, punctuation dropped, spaces to dashes. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutCode(markdown, { inline: false }).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const slug = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Every path of this checkout that a Markdown text names in inline code, such as `protocol/log/entry.ts`. */
export function pathsOf(markdown: string, folders: readonly string[]): Link[] {
  const text = withoutCode(markdown, { inline: false });
  return [...text.matchAll(/(?<!`)`([\w.@-]+(?:\/[\w.@-]+)*\/?)`(?!`)/g)]
    .filter(([, path]) => path!.includes('/') && folders.includes(path!.split('/')[0]!))
    .map((match) => ({ target: match[1]!, line: text.slice(0, match.index).split('\n').length }));
}

/** Blanks code out, and keeps the lines. */
function withoutCode(markdown: string, { inline } = { inline: true }): string {
  const blank = (code: string) => code.replaceAll(/[^\n]/g, ' ');
  const text = markdown
    .replaceAll(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^ *\2`*$/gm, blank)
    .replaceAll(/<!--[\s\S]*?-->/g, blank);
  return inline ? text.replaceAll(/(`+)(?!`)[^`][\s\S]*?(?<!`)\1(?!`)/g, blank) : text;
}
