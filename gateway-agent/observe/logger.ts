import pino, { type Logger } from 'pino';
import type { Config } from '../config.ts';
import { type Rotation, openRotatingFile } from './rotating-file.ts';

/** Months of a quiet farm. */
const defaultRotation = { maxBytes: 10 * 1024 * 1024, files: 10 };

/**
 * Lines of JSON to standard output, which systemd's journal keeps and rotates; or, for a machine without one, to a file
 * that is rotated here.
 */
export function openLogger(
  { logLevel, logFile }: Pick<Config, 'logLevel' | 'logFile'>,
  rotation: Rotation = defaultRotation,
): Logger {
  const options = { level: logLevel, name: 'gateway' };
  return logFile === undefined ? pino(options) : pino(options, openRotatingFile(logFile, rotation));
}
