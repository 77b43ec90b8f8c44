import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * Lines on stdout: pino's JSON for programs, short text for people.
 *
 * @param verbose also each message's number, as soon as it is on disk
 */
export function createLog(setting: { json: boolean; verbose: boolean }): Logger {
  const options = { name: 'firmware-sim', level: setting.verbose ? 'debug' : 'info' };
  return setting.json
    ? pino(options)
    : pino(options, { write: (line) => process.stdout.write(readable(line)) });
}

const notForPeople = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'name']);

function readable(line: string): string {
  const entry = JSON.parse(line) as { level: number; time: number; msg: string };
  const clock = new Date(entry.time).toTimeString().slice(0, 8);
  const label = entry.level >= 50 ? 'ERROR ' : entry.level >= 40 ? 'WARN  ' : '';
  const fields = Object.entries(entry)
    .filter(([name]) => !notForPeople.has(name))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[clock, `${label}${entry.msg}`, ...fields].join(' ')}\n`;
}
