import {
  type Provisioning,
  encodeBase64,
  encodeBase64url,
  publicKeyOf,
  sha256,
  bytesToHex,
  signClaim,
  signEd25519,
} from '@tianyuan/protocol';
import { randomBytes } from 'node:crypto';
import { SimulatorError } from '../simulator-error.ts';
import { findDevice } from '../state/device-records.ts';
import { adoptKey, pendingKey } from '../state/pending-keys.ts';
import type { StateDatabase } from '../state/state-database.ts';
import { keepAuthority } from './authority-file.ts';
import { fetchAuthority } from './authority.ts';
import { claimOverHttp } from './claim-over-http.ts';
import { claimOverMqtt } from './claim-over-mqtt.ts';
import type { ClaimTransport } from './transport.ts';

export type Way = 'mqtt' | 'mqtts' | 'http';

/**
 * A device's half of its enrolment: makes a key, shows it with the claim token, waits for the owner, and keeps what it gets.
 * The key is on disk before it is shown, so that a device whose power was cut shows the same one again.
 *
 * @param tell what a device with a display would show its owner
 * @returns the number of the key, which the device signs with from its next start on
 * @throws SimulatorError CLAIM
 */
export async function claimDevice(
  state: StateDatabase,
  directory: string,
  provisioning: Provisioning,
  { way, signal, tell }: { way: Way | undefined; signal: AbortSignal; tell: (line: string) => void },
): Promise<number> {
  const { device, claim: token } = provisioning;
  const secretKey = pendingKey(state, device);
  const publicKey = publicKeyOf(secretKey);
  const known = findDevice(state, device);
  const payload = signClaim(
    {
      device,
      claim: token,
      publicKey: encodeBase64(publicKey),
      // It goes on under its old key until it is approved, and begins a new boot then.
      ...(known !== undefined &&
        known.boot > 0 && { last: { boot: known.boot, seq: Number.MAX_SAFE_INTEGER } }),
    },
    (input) => signEd25519(secretKey, input),
  );
  tell(`${device} shows key ${fingerprint(publicKey)}`);
  const show = await transportFor(provisioning, way, directory);
  const answer = await show(payload, signal, () => tell(`${device} waits for its owner's approval`));
  if (answer.state === 'refused') {
    throw new SimulatorError('CLAIM', `the gateway refuses ${device}: ${answer.code}, ${answer.detail}`);
  }
  // With a certificate there is no token; what stands in its place is worth nothing.
  adoptKey(state, device, { key: answer.key, token: answer.token ?? encodeBase64url(randomBytes(32)) });
  return answer.key;
}

async function transportFor(
  { gateway, device, claim: token, mqtt, mqtts, http, ca: pin }: Provisioning,
  way: Way | undefined,
  directory: string,
): Promise<ClaimTransport> {
  const order: Way[] = way === undefined ? ['mqtts', 'http', 'mqtt'] : [way];
  const chosen = order.find((one) => ({ mqtt, mqtts, http })[one] !== undefined);
  const url = chosen && { mqtt, mqtts, http }[chosen];
  if (chosen === undefined || url === undefined)
    throw new SimulatorError('CLAIM', `the provisioning string names no way in by ${order.join(' or ')}`);
  const isSecure = chosen === 'mqtts' || url.startsWith('https:');
  if (isSecure && pin === undefined)
    throw new SimulatorError('CLAIM', 'the provisioning string does not say whom to trust over TLS');
  const ca = isSecure ? await fetchAuthority(url, pin!) : undefined;
  if (ca !== undefined) keepAuthority(directory, ca);
  return chosen === 'http'
    ? claimOverHttp(url, { device, ca })
    : claimOverMqtt(url, { gateway, device, token, ca });
}

/** The first 8 bytes of the key's SHA-256, as the gateway shows them to its owner. */
function fingerprint(publicKey: Uint8Array): string {
  return bytesToHex(sha256(publicKey)).slice(0, 16).match(/..../g)!.join('-');
}
