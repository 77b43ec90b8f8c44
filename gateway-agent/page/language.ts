export type Language = 'zh' | 'en';

/** Picks the reader's half of a text that is written in both languages, Chinese first. */
export type Say = (zh: string, en: string) => string;

export const sayIn =
  (language: Language): Say =>
  (zh, en) =>
    language === 'zh' ? zh : en;

/** What was asked for by the address, what was chosen before, what the browser speaks, and else Chinese. */
export function chooseLanguage(
  asked: string | undefined,
  chosen: string | undefined,
  accepted: string | undefined,
): Language {
  for (const wish of [asked, chosen]) if (wish === 'zh' || wish === 'en') return wish;
  return /^en\b/i.test(accepted ?? '') ? 'en' : 'zh';
}

const counts = new Intl.NumberFormat('en');
export const formatCount = (count: number | bigint): string => counts.format(count);

const units = [
  [86_400_000, '天', 'd'],
  [3_600_000, '小时', 'h'],
  [60_000, '分钟', 'min'],
  [1_000, '秒', 's'],
] as const;

/** The two largest units: "3 天 4 小时", "3 d 4 h". */
export function formatDuration(ms: number, say: Say): string {
  const first = units.findIndex(([unit]) => ms >= unit);
  if (first === -1) return say('不到 1 秒', 'less than 1 s');
  let rest = ms;
  return units
    .slice(first, first + 2)
    .flatMap(([unit, zh, en]) => {
      const amount = Math.floor(rest / unit);
      rest -= amount * unit;
      return amount === 0 ? [] : [`${amount} ${say(zh, en)}`];
    })
    .join(' ');
}

/** 1,536 → "1.5 KiB". */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(names.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${names[power]!}`;
}

const dateTime = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Shanghai',
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** China Standard Time, as `2026-05-02 06:00:00`. */
export const formatTime = (at: number): string => dateTime.format(at);
