// One installer at a time in a checkout, over processes: a lock file that is created atomically, beats while it is
// held, and can be taken over from a holder that died.
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 250;
const beatMs = 2_000;
// How long the holder may miss its beat, counted by the one who waits so that a laptop's sleep makes nobody look dead:
// ten beats, or, while a process of the holder's number exists, what an npm may need that outlived its wrapper.
const silenceMs = { unseen: 20_000, running: 300_000 };

/**
 * @typedef {{ alsoHeldBy: (pid: number) => void }} Lock
 *   `alsoHeldBy` names a child that goes on working even if this process is killed: the lock is not free before both
 *   are gone.
 */

/**
 * Runs `work` while holding the lock file at `path`, and waits for whoever holds it now.
 * @template T
 * @param {string} path its folder exists
 * @param {(lock: Lock) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileHolding(path, work) {
  await acquire(path);
  const beat = setInterval(() => {
    const now = new Date();
    utimesSync(path, now, now);
  }, beatMs);
  try {
    return await work({ alsoHeldBy: (pid) => writeFileSync(path, claim(pid)) });
  } finally {
    clearInterval(beat);
    rmSync(path, { force: true });
  }
}

/** @param {number[]} others */
const claim = (...others) => JSON.stringify({ host: hostname(), pids: [process.pid, ...others] });

/** @param {string} path */
async function acquire(path) {
  const startedAt = performance.now();
  let seen = { mtimeMs: 0, since: startedAt };
  let told = false;
  while (true) {
    try {
      writeFileSync(path, claim(), { flag: 'wx' });
      return;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const holder = look(path);
    if (holder === undefined) continue; // released this instant
    if (holder.mtimeMs !== seen.mtimeMs) seen = { mtimeMs: holder.mtimeMs, since: performance.now() };
    const silentMs = performance.now() - seen.since;
    const state = stateOf(holder);
    if (state === 'dead' || silentMs > silenceMs[state]) {
      // Put our claim over the dead one, then wait until whoever judged it dead in the same moment has done so too:
      // the last one in place holds the lock.
      writeFileSync(`${path}.${process.pid}`, claim());
      renameSync(`${path}.${process.pid}`, path);
      await sleep(2 * pollMs);
      if (look(path)?.content === claim()) return;
      continue;
    }
    if (!told && performance.now() - startedAt > 2_000) {
      told = true;
      process.stderr.write('tianyuan: waiting for another terminal that is installing …\n');
    }
    await sleep(pollMs);
  }
}

/** @param {string} path */
function look(path) {
  try {
    return { content: readFileSync(path, 'utf8'), mtimeMs: statSync(path).mtimeMs };
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * @param {{ content: string }} lock
 * @returns {'dead' | 'running' | 'unseen'} `unseen`: not seen from here, which in a container or over a network proves nothing
 */
function stateOf({ content }) {
  let holder;
  try {
    holder = /** @type {{ host: string, pids: number[] }} */ (JSON.parse(content));
  } catch {
    return 'unseen'; // created, not yet written
  }
  if (holder.host !== hostname()) return 'unseen';
  return holder.pids.some(isRunning) ? 'running' : 'dead';
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
const isCode = (error, code) => error instanceof Error && 'code' in error && error.code === code;
