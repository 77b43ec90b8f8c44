import { type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** One JSON object a line on standard output; what keeps or colours them is somebody else's work. */
export function newLogger(level: LogLevel) {
  const options: LoggerOptions = {
    level,
    // The level by its name and the time as people write it: these lines are also read without a tool.
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options);
}
