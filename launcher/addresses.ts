import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { LauncherError } from './launcher-error.ts';

const addressesSchema = z.object({
  rpcUrl: z.url(),
  traceUrl: z.url(),
  gatewayUrl: z.url(),
  mqttPort: z.int(),
});

/** Where the parts of the run that is on listen. @throws LauncherError where nothing ever ran */
export function readAddresses(file: string): z.infer<typeof addressesSchema> {
  try {
    return addressesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new LauncherError('nothing runs here: start everything with npm start, and then again', {
      cause,
    });
  }
}
