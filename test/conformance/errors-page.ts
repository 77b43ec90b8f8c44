import { errors } from '@tianyuan/trace-api/errors.ts';

const head = `# Error codes

<!-- Written from trace-api/errors.ts; \`npm test -- errors-page -u\` writes it again. -->

The trace API refuses a request with a problem document (RFC 9457, \`application/problem+json\`): \`type\`, \`title\` in Chinese and
English, \`status\`, \`detail\` (what happened, to which thing, and what to do next), and the \`code\` and \`name\` of this list. A code
is for ever. Codes below 4000 are those of the shop.

| code | name | HTTP | 名称 | meaning |
|---:|---|---:|---|---|`;

/** `docs/errors.md`, whole: the one list of trace's error codes. */
export function errorsPage(): string {
  const rows = Object.values(errors)
    .toSorted((a, b) => a.code - b.code || a.status - b.status)
    .map(
      ({ code, name, status, title }) => `| ${code} | \`${name}\` | ${status} | ${title.zh} | ${title.en} |`,
    );
  return `${head}\n${rows.join('\n')}\n`;
}
