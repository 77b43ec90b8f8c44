import pino, { type Logger } from 'pino';
import type { Config } from '../config.ts';

/**
 * Lines of JSON to standard output, which systemd's journal keeps and rotates; or, for a machine without one, to a file
 * that pino-roll rotates from a thread of its own. 10 files of 10 MB are months of a quiet farm.
 */
export function openLogger({ logLevel, logFile }: Pick<Config, 'logLevel' | 'logFile'>): Logger {
  const options = { level: logLevel, name: 'gateway' };
  if (logFile === undefined) return pino(options);
  const roll = { file: logFile, size: '10m', limit: { count: 9 }, mkdir: true };
  return pino(options, pino.transport({ target: 'pino-roll', options: roll }) as pino.DestinationStream);
}
