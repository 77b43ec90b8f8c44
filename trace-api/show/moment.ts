/**
 * A moment as people write it in an address: Unix ms, or RFC 3339 with its offset; a date alone is its end in Shanghai.
 * @returns Unix ms; undefined for what is none
 */
export function parseMoment(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!isDate && !/^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const time = Date.parse(isDate ? `${text}T23:59:59.999+08:00` : text);
  return time >= 0 ? time : undefined;
}

export function noMoment(text: string): string {
  const shown = JSON.stringify(text.slice(0, 40));
  return (
    `asOf=${shown} 不是时间：请用日期（2026-11-02）、带时区的时间（2026-11-02T08:00:00+08:00）或 Unix 毫秒数\n` +
    `asOf=${shown} is no time: give a date (2026-11-02), a time with its offset (2026-11-02T08:00:00+08:00) or Unix ms\n`
  );
}
