import type { Keyring } from '../accept/verify-message.ts';
import type { Store } from '../keep/store.ts';
import { prepareKeyring } from './keyring.ts';
import { hashToken, isToken } from './token.ts';

export { type Enrolment, enrolDevice, enrolmentSchema, listDevices } from './enrol-device.ts';

/** Why somebody is not let in. */
export type AdmissionRefusal =
  /** neither a certificate nor user name and token */
  | 'NO_CREDENTIAL'
  /** client id, user name and certificate do not all say the same */
  | 'IDENTITY_MISMATCH'
  | 'UNKNOWN_DEVICE'
  | 'WRONG_TOKEN'
  | 'REVOKED_DEVICE'
  /** not one that this gateway's authority issued and remembers */
  | 'UNKNOWN_CERTIFICATE'
  | 'REVOKED_CERTIFICATE';

/** What somebody shows who connects. `certificate` was verified against this gateway's authority. */
export type Shown = {
  clientId: string;
  username: string | undefined;
  token: Uint8Array | undefined;
  certificate: { name: string; fingerprint: Uint8Array } | undefined;
};

/** What a device was let in with, to be looked at again while it is connected. */
export type Credential = {
  device: string;
  tokenHash: Buffer | undefined;
  fingerprint: Buffer | undefined;
};

export type RateLimit = { ratePerSecond: number; burst: number };

export type DeviceRegister = {
  /** whether this is the device's MQTT token; constant time */
  authenticates: (device: string, token: Uint8Array) => boolean;
  /** lets a device in that proves everything it says, or says why not */
  admit: (shown: Shown) => { credential: Credential } | { refusal: AdmissionRefusal };
  /** whether a device that was let in may stay */
  stillAdmits: (credential: Credential) => boolean;
  /** the device's own limit, where it has one */
  limitOf: (device: string) => RateLimit | undefined;
  /** the keys now; the same object until something changed */
  keyring: () => Keyring;
  /** another number whenever devices, keys or certificates may have changed, whoever changed them */
  version: () => number;
  /** to be called after a change in this process, which SQLite does not tell of */
  touch: () => void;
};

/** What the agent knows of devices. Another process may change it at any time: SQLite's data_version tells. */
export function openDeviceRegister({ sqlite }: Store): DeviceRegister {
  const selectDevice = sqlite.prepare(
    'SELECT token_hash AS tokenHash, revoked_at AS revokedAt FROM devices WHERE device = ?',
  );
  const selectCertificate = sqlite.prepare(
    'SELECT device, revoked_at AS revokedAt FROM certificates WHERE fingerprint = ?',
  );
  const selectLimit = sqlite.prepare(
    'SELECT rate_per_second AS ratePerSecond, burst FROM devices WHERE device = ? AND rate_per_second IS NOT NULL',
  );
  const selectVersion = sqlite.prepare('PRAGMA data_version').pluck();
  const selectKeyring = prepareKeyring(sqlite);

  let touches = 0;
  // data_version counts other connections' commits, and goes up only.
  const version = (): number => (selectVersion.get() as number) + touches;
  let keyringVersion = Number.NaN;
  let keyring: Keyring = new Map();

  const find = (device: string) =>
    selectDevice.get(device) as { tokenHash: Buffer; revokedAt: number | null } | undefined;
  const authenticates = (device: string, token: Uint8Array): boolean => {
    const known = find(device);
    return known !== undefined && known.revokedAt === null && isToken(known.tokenHash, token);
  };

  const admitByCertificate = (
    device: string,
    certificate: NonNullable<Shown['certificate']>,
  ): AdmissionRefusal | undefined => {
    if (certificate.name !== device) return 'IDENTITY_MISMATCH';
    const known = selectCertificate.get(certificate.fingerprint) as
      { device: string; revokedAt: number | null } | undefined;
    if (known === undefined) return 'UNKNOWN_CERTIFICATE';
    if (known.device !== device) return 'IDENTITY_MISMATCH';
    return known.revokedAt === null ? undefined : 'REVOKED_CERTIFICATE';
  };

  const refuse = ({ clientId, username, token, certificate }: Shown): AdmissionRefusal | undefined => {
    if (username === undefined && certificate === undefined) return 'NO_CREDENTIAL';
    if (username !== undefined && username !== clientId) return 'IDENTITY_MISMATCH';
    const wrong = certificate && admitByCertificate(clientId, certificate);
    if (wrong !== undefined) return wrong;
    const known = find(clientId);
    if (known === undefined) return 'UNKNOWN_DEVICE';
    if (known.revokedAt !== null) return 'REVOKED_DEVICE';
    if (token === undefined) return certificate === undefined ? 'NO_CREDENTIAL' : undefined;
    // Beside a certificate no token is needed; a wrong one is a lie all the same.
    return isToken(known.tokenHash, token) ? undefined : 'WRONG_TOKEN';
  };

  return {
    authenticates,
    admit(shown) {
      const refusal = refuse(shown);
      if (refusal !== undefined) return { refusal };
      return {
        credential: {
          device: shown.clientId,
          tokenHash: shown.token && hashToken(shown.token),
          fingerprint: shown.certificate && Buffer.from(shown.certificate.fingerprint),
        },
      };
    },
    stillAdmits({ device, tokenHash, fingerprint }) {
      const known = find(device);
      if (known === undefined || known.revokedAt !== null) return false;
      if (tokenHash !== undefined && !tokenHash.equals(known.tokenHash)) return false;
      if (fingerprint === undefined) return true;
      const certificate = selectCertificate.get(fingerprint) as { revokedAt: number | null } | undefined;
      return certificate?.revokedAt === null;
    },
    limitOf: (device) => selectLimit.get(device) as RateLimit | undefined,
    keyring() {
      const current = version();
      if (current !== keyringVersion) {
        keyring = selectKeyring();
        keyringVersion = current; // not before: keys that cannot be read are read again
      }
      return keyring;
    },
    version,
    touch: () => void touches++,
  };
}
