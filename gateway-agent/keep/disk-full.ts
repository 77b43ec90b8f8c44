/** SQLite's own word, and what it says where the file system refuses to grow a file of its. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    code === 'SQLITE_FULL' ||
    code === 'SQLITE_IOERR_WRITE' ||
    code === 'SQLITE_IOERR_SHMSIZE' ||
    code === 'ENOSPC'
  );
}
