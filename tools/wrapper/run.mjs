// Runs the program that was asked for, and then ends as it ended.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { Refusal } from './refusal.mjs';

/**
 * The environment in which every child, however it starts Node, gets `node` and this checkout's programs.
 * @param {{ path: string, version: string }} node
 * @param {string} checkout
 */
export function environmentFor(node, checkout, env = process.env) {
  const path = [dirname(node.path), join(checkout, 'node_modules', '.bin'), env.PATH];
  const [major = 0, minor = 0] = node.version.split('.').map(Number);
  // Until 24.3 stripping types prints an ExperimentalWarning for every process.
  const isLoud = major === 24 && minor < 3;
  return {
    ...env,
    PATH: path.filter(Boolean).join(delimiter),
    NODE: node.path,
    npm_node_execpath: node.path,
    ...(isLoud && { NODE_OPTIONS: `--disable-warning=ExperimentalWarning ${env.NODE_OPTIONS ?? ''}`.trim() }),
  };
}

/**
 * Runs `target`, a .ts or .mjs file of the checkout or a program in node_modules/.bin, with our terminal, and makes
 * this process end as the child does: same exit code, or same signal.
 * @param {{ checkout: string, target: string, args: string[], env: NodeJS.ProcessEnv & { NODE: string } }} program
 */
export async function runTarget({ checkout, target, args, env }) {
  const isFile = /\.[cm]?[jt]s$/.test(target);
  const file = isFile ? resolve(checkout, target) : join(checkout, 'node_modules', '.bin', target);
  if (!existsSync(file)) {
    throw new Refusal(
      isFile ? `there is no file ${target} in this checkout.` : `no installed program is named ${target}.`,
    );
  }
  const child = isFile
    ? spawn(env.NODE, [file, ...args], { stdio: 'inherit', env })
    : spawn(file, args, { stdio: 'inherit', env });
  const letGo = outlive(child);
  await new Promise((onExit, onError) => {
    child.once('exit', onExit);
    child.once('error', onError);
  });
  letGo();
  if (child.signalCode === null) process.exitCode = child.exitCode ?? 1;
  else process.kill(process.pid, child.signalCode);
}

/**
 * Stays until the child has gone, so that it can end in its own order. Ctrl-C reaches the child from the terminal, and
 * `npm run` repeats it to us: passing it on would make the child see two. Any other signal came for us alone.
 * @param {import('node:child_process').ChildProcess} child
 */
function outlive(child) {
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => child.kill(signal);
  /** @param {NodeJS.Signals} signal */
  const passOnUnlessTyped = (signal) => isInForeground() || child.kill(signal);
  process.on('SIGTERM', passOn).on('SIGINT', passOnUnlessTyped).on('SIGHUP', passOnUnlessTyped);
  return () => {
    process.off('SIGTERM', passOn).off('SIGINT', passOnUnlessTyped).off('SIGHUP', passOnUnlessTyped);
  };
}

/** Whether a terminal sends what is typed on it to this process's group, and so to the child. */
function isInForeground() {
  try {
    // proc_pid_stat(5): after the name in brackets come state, ppid, pgrp, session, tty_nr and tpgid.
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8')
      .replace(/.*\) /s, '')
      .split(' ');
    return group === foreground;
  } catch {
    // Not Linux: then any terminal at all has to do.
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  }
}
