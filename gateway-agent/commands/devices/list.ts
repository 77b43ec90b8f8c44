import { createHash } from 'node:crypto';
import { Command } from 'commander';
import { type Store } from '../../keep/store.ts';
import { prepareKeyring } from '../../devices/keyring.ts';
import { certificatesOf } from '../../devices/certificates.ts';
import { liveClaims } from '../../devices/claims.ts';
import { listDevices } from '../../devices/enrol-device.ts';
import { revokedFrom } from '../../devices/registry-copy.ts';
import { keyName } from '../../accept/verify-message.ts';
import { dataDirOption, say, withStore } from './options.ts';

export function listCommand(): Command {
  return new Command('list')
    .description(
      'One line a key: device, number, public key, and what ended it; then certificates and invitations.',
    )
    .addOption(dataDirOption())
    .action(({ dataDir }: { dataDir: string }) =>
      withStore(dataDir, (store) =>
        say([...keyLines(store), ...claimLines(store)].map((line) => `${line}\n`).join('')),
      ),
    );
}

function keyLines(store: Store): string[] {
  const keyring = prepareKeyring(store.sqlite)();
  const lines: string[] = [];
  let device: string | undefined;
  for (const { device: of, key, publicKey } of listDevices(store)) {
    if (device !== undefined && of !== device) lines.push(...certificateLines(store, device));
    device = of;
    const known = keyring.get(keyName(of, key));
    lines.push(
      `${of} ${key} ${publicKey}${known === undefined ? ' taken back by the chain' : ended(known, revokedFrom(store, known.publicKey))}`,
    );
  }
  if (device !== undefined) lines.push(...certificateLines(store, device));
  return lines;
}

function ended(
  { revoked, last }: { revoked: boolean; last?: { boot: number; seq: number } | undefined },
  from: number | undefined,
): string {
  if (revoked) return from === undefined ? ' revoked' : ` revoked from entry ${from} on`;
  if (last === undefined) return '';
  return last.seq === Number.MAX_SAFE_INTEGER
    ? ` until boot ${last.boot}`
    : ` until boot ${last.boot} seq ${last.seq}`;
}

function certificateLines(store: Store, device: string): string[] {
  return certificatesOf(store, device).map(
    ({ serial, revokedAt }) => `${device} certificate ${serial}${revokedAt === null ? '' : ' revoked'}`,
  );
}

function claimLines(store: Store): string[] {
  return liveClaims(store).map(({ device, state, publicKey, expiresAt }) =>
    publicKey === null
      ? `${device} claim ${state} until ${new Date(expiresAt).toISOString()}`
      : `${device} claim ${state} by key ${keyFingerprint(publicKey)}`,
  );
}

/** What an owner compares with what the device shows: the first 8 bytes of the key's SHA-256. */
export function keyFingerprint(publicKey: Uint8Array): string {
  const hex = createHash('sha256').update(publicKey).digest('hex').slice(0, 16);
  return hex.match(/..../g)!.join('-');
}
