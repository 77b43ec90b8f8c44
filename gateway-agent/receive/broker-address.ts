import { z } from 'zod';

/** A broker that somebody else runs, and how the gateway proves itself there. */
export const brokerAddressSchema = z.strictObject({
  url: z.url({ protocol: /^mqtts?$/, error: 'not an mqtt or mqtts URL' }),
  username: z.string().min(1).optional(),
  /** file with the password */
  passwordFile: z.string().min(1).optional(),
  /** file with the authority's certificate, where the system does not know it */
  caFile: z.string().min(1).optional(),
  /** files with the gateway's own certificate and its key */
  certFile: z.string().min(1).optional(),
  keyFile: z.string().min(1).optional(),
});

export type BrokerAddress = z.infer<typeof brokerAddressSchema>;
