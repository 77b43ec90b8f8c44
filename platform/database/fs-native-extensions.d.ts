declare module 'fs-native-extensions' {
  /** Whether an exclusive lock on the whole open file was granted. The kernel releases it with the descriptor. */
  export function tryLock(fd: number): boolean;
}
