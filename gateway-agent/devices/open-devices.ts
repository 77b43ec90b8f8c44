import { hostname, networkInterfaces } from 'node:os';
import type { Rotation } from '@tianyuan/protocol';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Store } from '../keep/store.ts';
import type { TlsListener } from '../receive/listeners.ts';
import { applyRotation } from './apply-rotation.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { type ClaimDesk, openClaimDesk } from './claim-desk.ts';
import { type ClaimServer, openClaimServer } from './claim-server.ts';
import { type DeviceRegister, openDeviceRegister } from './device-register.ts';

/** All that the agent has for its devices, wired from the configuration. */
export type Devices = {
  register: DeviceRegister;
  claims: ClaimDesk;
  /** takes a device's own next key over, in the transaction that logs its message */
  onRotation: (rotation: Rotation) => void;
  /** for the broker's second listener; undefined where TLS is off */
  tls: (TlsListener & { requireCertificate: boolean }) | undefined;
  /** where claims come over HTTP; called when everything else is up */
  openClaimServer: () => Promise<ClaimServer | undefined>;
};

export async function openDevices(
  store: Store,
  config: Pick<Config, 'dataDir' | 'mqtt' | 'claims'>,
  { logger, now }: { logger: Logger; now: () => number },
): Promise<Devices> {
  const { dataDir, mqtt, claims: claimsConfig } = config;
  const register = openDeviceRegister(store);
  const authority = await authorityFor(dataDir, mqtt.tls !== undefined || claimsConfig?.tls === true);
  const claims = openClaimDesk(store, { authority, now, onChange: register.touch });
  // A key of its own at each start: devices trust the authority, and nothing has to be kept or renewed.
  const server = await authority?.issueServer([...(mqtt.tls?.names ?? []), ...ownNames()]);
  const chain = server && { ...server, certificate: server.certificate + authority!.certificate };
  return {
    register,
    claims,
    onRotation(rotation) {
      const taken = applyRotation(store, rotation, now());
      register.touch();
      logger[taken ? 'info' : 'warn'](
        { device: rotation.device, key: rotation.key },
        taken ? 'a device has brought its next key' : 'a device brought a key that cannot be taken',
      );
    },
    tls: mqtt.tls && { ...mqtt.tls, ...chain!, authority: authority!.certificate },
    async openClaimServer() {
      if (claimsConfig === undefined) return undefined;
      const { host, port, tls } = claimsConfig;
      return openClaimServer({ host, port, tls: tls ? chain : undefined, desk: claims, logger });
    },
  };
}

/** The X.509 library is 10 MB of memory that a gateway without TLS need not have. */
async function authorityFor(dataDir: string, isNeeded: boolean): Promise<CertificateAuthority | undefined> {
  if (!isNeeded) return undefined;
  const { openAuthority } = await import('./certificate-authority.ts');
  return openAuthority(dataDir, { create: true });
}

/** What this machine is called and reached by now. */
function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const name = hostname();
  return [
    ...new Set([
      'localhost',
      name,
      `${name}.local`,
      // A link-local address with its zone cannot stand in a certificate.
      ...addresses.map(({ address }) => address).filter((address) => !address.includes('%')),
    ]),
  ];
}
