import { InvalidArgumentError, Option } from 'commander';
import { profileNames } from '../device-profile.ts';
import { parseTime } from './parse-time.ts';

/** What several commands take. */
export const stateOption = () =>
  new Option('--state <dir>', 'where keys, counters and unsent messages are kept').default(
    '.tianyuan/firmware-sim',
  );
export const devicesOption = () => new Option('--devices <n>', 'how many devices').default('3');
export const profileOption = () =>
  new Option(
    '--profile <names>',
    `which devices, and how they write messages: some of ${profileNames.join(', ')}, such as truck,cose`,
  ).default('mix,json');

export function timeArgument(text: string): number {
  const timeMs = parseTime(text, Date.now());
  if (timeMs === undefined || timeMs < 0) {
    throw new InvalidArgumentError(
      'Give Unix ms, ISO 8601 (2026-08-01T06:00:00+08:00), or so long ago (-90m, -24h, -7d).',
    );
  }
  return timeMs;
}
