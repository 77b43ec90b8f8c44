import type { Store } from '../keep/store.ts';

export type RegistrationRequest =
  | { kind: 'enrol'; device: string; key: number; publicKey: Uint8Array }
  | {
      kind: 'rotate';
      device: string;
      /** number of the key that takes over */
      key: number;
      publicKey: Uint8Array;
      newPublicKey: Uint8Array;
      last: { boot: number; seq: number };
    }
  | { kind: 'revoke'; device: string; key: number; publicKey: Uint8Array; fromIndex: number | undefined };

/**
 * Queues what DeviceRegistry is to be told, in the caller's transaction: the wish and what it is about are on disk together,
 * and the wish outlives every kill and every month without a link.
 */
export function requestRegistration(
  { sqlite }: Pick<Store, 'sqlite'>,
  request: RegistrationRequest,
  now: number,
): void {
  const { kind, device, key, publicKey } = request;
  sqlite
    .prepare(
      `INSERT INTO registry_requests (kind, device, key, public_key, new_public_key, last_boot, last_seq, from_index, requested_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      kind,
      device,
      key,
      Buffer.from(publicKey),
      kind === 'rotate' ? Buffer.from(request.newPublicKey) : null,
      kind === 'rotate' ? request.last.boot : null,
      kind === 'rotate' ? request.last.seq : null,
      kind === 'revoke' ? (request.fromIndex ?? null) : null,
      now,
    );
}
