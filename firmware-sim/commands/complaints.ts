import type { z } from 'zod';

/** What is wrong with the options, one a line, each by its name on the command line. */
export function complaints(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => {
      const name = String(path[0]).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      return `--${name}: ${message}`;
    })
    .join('\n');
}
