export function isTreeSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}

export function areHashes(value: unknown): value is Uint8Array[] {
  return Array.isArray(value) && value.every(isHash);
}
