import {
  type TileId,
  decodeEntryBundle,
  equalBytes,
  formatTilePath,
  hashPerfect,
  leafHash,
  parseCheckpoint,
  rootFromTiles,
  tileKey,
  tileWidth,
  tileWidthAt,
  tilesOfRoot,
  verifyCheckpoint,
} from '@tianyuan/protocol';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type SignedLog, newLog, statements } from './signed-log.ts';
import { type TraceService, traceService } from './trace-service.ts';

/** The hashes of a tile, from the leaves alone. */
function naiveTile(leaves: readonly Uint8Array[], { level, index }: TileId, width: number): Uint8Array {
  const below = tileWidth ** level;
  const first = index * tileWidth;
  const hashes = Array.from({ length: width }, (_, i) =>
    hashPerfect(leaves.slice((first + i) * below, (first + i + 1) * below)),
  );
  return Buffer.concat(hashes);
}

onBothDatabases('the tiles of a log', (database) => {
  let trace: TraceService;
  let log: SignedLog;
  beforeAll(async () => {
    trace = traceService(database.current());
    log = newLog('tiles.example');
    await trace.enrol(log.origin, log.publicKey);
  });

  async function growTo(size: number): Promise<void> {
    while (log.size() < size) {
      const from = log.size();
      log.appendAll(statements(Math.min(2048, size - from)));
      expect((await trace.upload(log, from, log.body(from))).status).toBe(200);
    }
  }

  async function fetchTile(path: string): Promise<Uint8Array> {
    const response = await trace.request(`/logs/${log.logId}/${path}`);
    expect(response.status, path).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('cache-control')).toContain('immutable');
    return new Uint8Array(await response.arrayBuffer());
  }

  test.each([1, 2, 255, 256, 257, 511, 512, 513, 1000, 2303, 2304])('are right at size %i', async (size) => {
    await growTo(size);
    const leaves = log.entries.map(leafHash);
    const note = await (await trace.request(`/logs/${log.logId}/checkpoint`)).text();
    const checkpoint = parseCheckpoint(note);
    expect(verifyCheckpoint(checkpoint, log.publicKey)).toBe(true);
    expect(checkpoint.size).toBe(size);

    const tiles = new Map<string, Uint8Array>();
    for (const tile of tilesOfRoot(size)) {
      const width = tileWidthAt(tile, size);
      const bytes = await fetchTile(formatTilePath({ ...tile, width }));
      expect(equalBytes(bytes, naiveTile(leaves, tile, width)), tileKey(tile)).toBe(true);
      tiles.set(tileKey(tile), bytes);
    }
    const root = rootFromTiles(size, (tile) => tiles.get(tileKey(tile))!);
    expect(equalBytes(root, checkpoint.root)).toBe(true);

    const last = Math.floor((size - 1) / tileWidth);
    const width = tileWidthAt({ level: 0, index: last }, size);
    const bundle = decodeEntryBundle(
      await fetchTile(formatTilePath({ level: 'entries', index: last, width })),
    );
    expect(Buffer.concat(bundle)).toEqual(Buffer.concat(log.entries.slice(last * tileWidth)));
  });

  test('keep every earlier width', async () => {
    await growTo(600);
    const leaves = log.entries.map(leafHash);
    for (const [tile, width] of [
      [{ level: 0, index: 0 }, 1],
      [{ level: 0, index: 1 }, 255],
      [{ level: 1, index: 0 }, 1],
    ] as const) {
      expect(await fetchTile(formatTilePath({ ...tile, width }))).toEqual(
        new Uint8Array(naiveTile(leaves, tile, width)),
      );
    }
  });

  test.each([
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/0',
    'tile/00/000',
    'tile/0/x000/000',
    'tile/64/000',
    'tile/0/999',
    'tile/3/000.p/1',
    'tile/entries/999',
    'tile/0/000/',
    'tile/data/000',
  ])('are no %s', async (path) => {
    const response = await trace.request(`/logs/${log.logId}/${path}`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  test('of an unknown log do not exist, nor does its checkpoint', async () => {
    expect((await trace.request(`/logs/${'0'.repeat(64)}/checkpoint`)).status).toBe(404);
    expect((await trace.request(`/logs/${'0'.repeat(64)}/tile/0/000`)).status).toBe(404);
  });

  test('reach the third level', { timeout: 120_000 }, async () => {
    await growTo(65_536 + 300);
    const leaves = log.entries.map(leafHash);
    for (const [tile, width] of [
      [{ level: 1, index: 0 }, 256],
      [{ level: 1, index: 1 }, 1],
      [{ level: 2, index: 0 }, 1],
    ] as const) {
      const bytes = await fetchTile(formatTilePath({ ...tile, width }));
      expect(equalBytes(bytes, naiveTile(leaves, tile, width)), tileKey(tile)).toBe(true);
    }
  });
});
