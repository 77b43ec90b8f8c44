import { networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { GatewayError } from '../gateway-error.ts';
import { type Store, readSetting, writeSetting } from '../keep/store.ts';

const doorSchema = z.strictObject({
  gateway: z.string(),
  host: z.string(),
  mqtt: z.int(),
  mqtts: z.int().optional(),
  claims: z.strictObject({ port: z.int(), tls: z.boolean() }).optional(),
});

/** Where devices reach this gateway: the commands beside the agent tell them, and read no configuration. */
type Door = z.infer<typeof doorSchema>;

const settingName = 'door';

/** What the agent listened on when it was started last. */
export function rememberDoor(
  store: Store,
  { gateway, mqtt, claims }: Pick<Config, 'gateway' | 'mqtt' | 'claims'>,
  ports: { mqtt: number; mqtts: number | undefined; claims: number | undefined },
): void {
  const door: Door = {
    gateway,
    host: mqtt.tls?.host ?? mqtt.host,
    mqtt: ports.mqtt,
    ...(ports.mqtts !== undefined && { mqtts: ports.mqtts }),
    ...(ports.claims !== undefined && { claims: { port: ports.claims, tls: claims!.tls } }),
  };
  writeSetting(store, settingName, JSON.stringify(door));
}

/**
 * Under which gateway and addresses a device is to look, as a provisioning string has them.
 * @param host as devices see it; this machine's own address where it is not told
 * @throws GatewayError DEVICE where the agent has never run
 */
export function readDoor(
  store: Store,
  host: string | undefined,
): { gateway: string; mqtt: string; mqtts?: string; http?: string } {
  const stored = readSetting(store, settingName);
  if (stored === undefined) {
    throw new GatewayError(
      'DEVICE',
      'the gateway has not run here yet, so nobody knows where devices reach it: start it once, then invite devices',
    );
  }
  const door = doorSchema.parse(JSON.parse(stored));
  const address = host ?? ownAddress(door.host);
  const at = isIPv6(address) ? `[${address}]` : address;
  const { claims } = door;
  return {
    gateway: door.gateway,
    mqtt: `mqtt://${at}:${door.mqtt}`,
    ...(door.mqtts !== undefined && { mqtts: `mqtts://${at}:${door.mqtts}` }),
    ...(claims !== undefined && { http: `${claims.tls ? 'https' : 'http'}://${at}:${claims.port}/claim` }),
  };
}

/** An address that was named in the configuration, or the first one that is not loopback. */
function ownAddress(configured: string): string {
  if (configured !== '0.0.0.0' && configured !== '::') return configured;
  const outside = Object.values(networkInterfaces())
    .flatMap((some) => some ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  return outside?.address ?? '127.0.0.1';
}
