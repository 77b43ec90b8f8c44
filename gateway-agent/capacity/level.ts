/** How full the store is, by the fuller of its byte budget and its disk. */
export const capacityLevels = ['normal', 'filling', 'high', 'full'] as const;
export type CapacityLevel = (typeof capacityLevels)[number];

/** Where each level begins: warn; drop what is mirrored and final; refuse or evict, by the owner's policy. */
export const watermarks: Record<CapacityLevel, number> = { normal: 0, filling: 0.7, high: 0.85, full: 0.95 };

/** A level ends this far below where it begins, so that it does not flutter. */
export const hysteresis = 0.02;

/** The level at a fraction of what there is, coming from another level. Pure. */
export function levelAt(fraction: number, before: CapacityLevel): CapacityLevel {
  const rank = capacityLevels.indexOf(before);
  const holds = (level: CapacityLevel, i: number): boolean =>
    fraction >= watermarks[level] - (i <= rank ? hysteresis : 0);
  return capacityLevels.findLast(holds) ?? 'normal';
}

export function isAtLeast(level: CapacityLevel, least: CapacityLevel): boolean {
  return capacityLevels.indexOf(level) >= capacityLevels.indexOf(least);
}
