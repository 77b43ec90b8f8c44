/** One system call that matters here, in the order in which its effect could be seen from outside. */
export type SystemCall =
  | { call: 'receive'; socket: string; bytes: Buffer }
  | { call: 'send'; socket: string; bytes: Buffer }
  | { call: 'write'; file: string }
  | { call: 'sync'; file: string };

/** What strace must be told so that {@link readSystemCalls} understands it; `-o FILE` and the program follow. */
export const straceArguments = [
  '-f',
  '--seccomp-bpf',
  '-yy',
  // Above what one read of a socket brings (64 KiB).
  '--string-limit=70000',
  '--trace=read,write,writev,pwrite64,pwritev,fsync,fdatasync',
];

/**
 * The calls of a trace. What a call takes from outside, and a sync, counts from when it has returned; what it gives away
 * counts from when it was entered, since it may be out before it returns.
 */
export function readSystemCalls(trace: string): SystemCall[] {
  const unfinished = new Map<string, string>();
  return trace.split('\n').flatMap((line) => {
    const [, thread, text] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (thread === undefined || text === undefined) return [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text);
    if (resumed) {
      const whole = (unfinished.get(thread) ?? '') + resumed[1];
      unfinished.delete(thread);
      return parseReturned(whole);
    }
    const begun = /^(.*)<unfinished \.\.\.>$/s.exec(text);
    if (begun) unfinished.set(thread, begun[1]!);
    return [...parseEntered(begun?.[1] ?? text), ...(begun ? [] : parseReturned(text))];
  });
}

function parseEntered(text: string): SystemCall[] {
  const [, name, target, rest] = /^(\w+)\(\d+<([^>]*(?:->[^>]*)?)>(.*)$/s.exec(text) ?? [];
  if (name === undefined || target === undefined || !/^p?writev?(64)?$/.test(name)) return [];
  if (target.startsWith('TCP')) return [{ call: 'send', socket: target, bytes: bytesIn(rest!) }];
  return [{ call: 'write', file: target }];
}

function parseReturned(text: string): SystemCall[] {
  const [, name, target, rest, result] = /^(\w+)\(\d+<([^>]*(?:->[^>]*)?)>(.*)\) += (\d+)$/s.exec(text) ?? [];
  if (name === 'read' && target!.startsWith('TCP') && result !== '0') {
    return [{ call: 'receive', socket: target!, bytes: bytesIn(rest!) }];
  }
  if ((name === 'fsync' || name === 'fdatasync') && result === '0') return [{ call: 'sync', file: target! }];
  return [];
}

/** The bytes of every string in a call's arguments, as strace escapes them. */
function bytesIn(text: string): Buffer {
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"(\.\.\.)?/gs)];
  if (strings.some(([, , cut]) => cut !== undefined)) throw new Error('strace cut a string: raise -s');
  return Buffer.concat(strings.map(([, escaped]) => unescape(escaped!)));
}

const named: Record<string, number> = { n: 10, t: 9, r: 13, v: 11, f: 12, '"': 34, '\\': 92 };

function unescape(escaped: string): Buffer {
  const bytes: number[] = [];
  for (const [, octal, name, plain] of escaped.matchAll(/\\([0-7]{1,3})|\\(.)|(.)/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (name !== undefined) bytes.push(named[name]!);
    else bytes.push(plain!.charCodeAt(0));
  }
  return Buffer.from(bytes);
}
