import { type Queries, problem } from '@tianyuan/platform';
import { type TilePath, encodeEntryBundle, parseTilePath, tileWidth, tileWidthAt } from '@tianyuan/protocol';
import { type Context, Hono } from 'hono';
import { errors } from '../errors.ts';
import { type LogRow, findLog } from './find-log.ts';
import { readEntries } from './read-edge.ts';
import { readTile } from './read-tile.ts';

/** C2SP tlog-tiles: tiles never change, whatever their width. */
const immutable = 'public, max-age=31536000, immutable';
/** A monitor that polls sees growth within seconds; a cache in front may answer a crowd. */
const briefly = 'public, max-age=5';

/** `/logs/{logId}/checkpoint` and `/logs/{logId}/tile/…`, as C2SP tlog-tiles says; public. */
export function tileRoutes(queries: Queries): Hono {
  const routes = new Hono();
  routes.get('/logs/:logId/checkpoint', async (c) => {
    const log = await findLog(queries, c.req.param('logId'));
    if (log === undefined) return unknownLog(c);
    return c.body(log.checkpoint, 200, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': briefly,
    });
  });
  routes.get('/logs/:logId/tile/*', async (c) => {
    const log = await findLog(queries, c.req.param('logId'));
    if (log === undefined) return unknownLog(c);
    const path = tilePathOf(c.req.path);
    if (path === undefined) return noTile(c, 'not a tile path as C2SP tlog-tiles writes them');
    const available = tileWidthAt(
      { level: path.level === 'entries' ? 0 : path.level, index: path.index },
      log.size,
    );
    if (path.width > available) {
      return noTile(
        c,
        `at size ${log.size} this tile has ${available} of the ${path.width} hashes that were asked for`,
      );
    }
    const bytes =
      path.level === 'entries'
        ? await readBundle(queries, log, path)
        : await readHashTile(queries, log, path);
    return c.body(new Uint8Array(bytes), 200, {
      'content-type': 'application/octet-stream',
      'cache-control': immutable,
    });
  });
  return routes;
}

async function readHashTile(
  queries: Queries,
  log: LogRow,
  { level, index, width }: TilePath,
): Promise<Uint8Array> {
  const hashes = await readTile(queries, log, { level: Number(level), index });
  return hashes.subarray(0, width * 32);
}

async function readBundle(queries: Queries, log: LogRow, { index, width }: TilePath): Promise<Uint8Array> {
  const first = index * tileWidth;
  return encodeEntryBundle(await readEntries(queries, log.id, first, first + width));
}

function tilePathOf(path: string): TilePath | undefined {
  try {
    return parseTilePath(path.slice(path.indexOf('/tile/') + 1));
  } catch {
    return undefined;
  }
}

function unknownLog(c: Context): Response {
  return problem(c, errors.unknownLog, `no entry of log ${c.req.param('logId')} is mirrored here`);
}

function noTile(c: Context, why: string): Response {
  return problem(c, errors.unknownEntry, `${c.req.path}: ${why}`);
}
