const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A time as people type it: Unix ms, ISO 8601, or so long ago (`-90m`, `-24h`, `-7d`).
 * @returns Unix ms, undefined for anything else
 */
export function parseTime(text: string, nowMs: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const ago = /^-(\d+)([smhd])$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * units[ago[2] as keyof typeof units];
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}
