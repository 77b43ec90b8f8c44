import { GatewayError } from '../gateway-error.ts';
import type { Store } from '../keep/store.ts';
import { addKey } from './device-keys.ts';
import { hashToken, newToken } from './token.ts';

/** Where an invitation stands. What is not listed cannot come next. */
const transitions = {
  /** the token was given to the owner */
  open: ['waiting', 'approved', 'withdrawn'],
  /** a device showed it, and its key; the owner has not said yes yet */
  waiting: ['approved', 'withdrawn'],
  /** enrolled, and has not fetched what it connects with */
  approved: ['delivered', 'withdrawn'],
  /** told; told again if it asks again, since an answer can be lost */
  delivered: ['used', 'withdrawn'],
  /** connected with what it got: the token is worth nothing any more */
  used: [],
  withdrawn: [],
} as const satisfies Record<string, readonly string[]>;

export type ClaimState = keyof typeof transitions;

export type ClaimRow = {
  id: number;
  device: string;
  state: ClaimState;
  autoApprove: number;
  expiresAt: number;
  publicKey: Buffer | null;
  csr: Buffer | null;
  lastBoot: number | null;
  lastSeq: number | null;
  presentedAt: number | null;
  key: number | null;
  certificate: string | null;
};

/** of the table `claims`, by the names of {@link ClaimRow} */
export const claimColumns = `id, device, state, auto_approve AS autoApprove, expires_at AS expiresAt, public_key AS publicKey, csr,
  last_boot AS lastBoot, last_seq AS lastSeq, presented_at AS presentedAt, key, certificate`;

/** @throws GatewayError DEVICE where the table does not allow it */
export function move({ sqlite }: Store, { id, state }: Pick<ClaimRow, 'id' | 'state'>, to: ClaimState): void {
  if (!(transitions[state] as readonly string[]).includes(to))
    throw new GatewayError('DEVICE', `a claim that is ${state} cannot become ${to}`);
  sqlite.prepare('UPDATE claims SET state = ? WHERE id = ?').run(to, id);
}

/**
 * Invites a device: one token, for once, until it expires. An earlier invitation of the same device is withdrawn.
 * @returns the token, which is kept nowhere
 */
export function inviteDevice(
  store: Store,
  { device, expiresAt, autoApprove }: { device: string; expiresAt: number; autoApprove: boolean },
  now: number,
): string {
  const token = newToken();
  const invite = store.sqlite.transaction(() => {
    for (const earlier of liveClaims(store, device)) move(store, earlier, 'withdrawn');
    store.sqlite
      .prepare(
        'INSERT INTO claims (device, token_hash, state, auto_approve, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(device, hashToken(token), 'open', autoApprove ? 1 : 0, now, expiresAt);
  });
  invite.immediate();
  return token;
}

/** Invitations that can still lead to something, of one device or of all. */
export function liveClaims({ sqlite }: Store, device?: string): ClaimRow[] {
  return sqlite
    .prepare(
      `SELECT ${claimColumns} FROM claims WHERE state NOT IN ('used', 'withdrawn') AND (? IS NULL OR device = ?) ORDER BY id`,
    )
    .all(device ?? null, device ?? null) as ClaimRow[];
}

/** @throws GatewayError DEVICE where nothing waits */
export function approveClaim(store: Store, device: string, now: number): { publicKey: Buffer; key: number } {
  const approve = store.sqlite.transaction(() => {
    const waiting = liveClaims(store, device).find(({ state }) => state === 'waiting');
    if (waiting === undefined) {
      throw new GatewayError(
        'DEVICE',
        `no device that calls itself ${device} waits for approval; "devices list" names those that do`,
      );
    }
    return { publicKey: waiting.publicKey!, key: enrolClaimed(store, waiting, now) };
  });
  return approve.immediate();
}

/** @returns whether there was anything to withdraw */
export function withdrawClaims(store: Store, device: string): boolean {
  const withdraw = store.sqlite.transaction(() => {
    const live = liveClaims(store, device);
    for (const claim of live) move(store, claim, 'withdrawn');
    return live.length > 0;
  });
  return withdraw.immediate();
}

/** Enrols the device with the key that it showed, in the caller's transaction. */
export function enrolClaimed(store: Store, claim: ClaimRow, now: number): number {
  const { device, publicKey, lastBoot, lastSeq } = claim;
  store.sqlite
    .prepare(
      `INSERT INTO devices (device, token_hash, enrolled_at) VALUES (?, X'', ?)
       ON CONFLICT (device) DO UPDATE SET revoked_at = NULL`,
    )
    .run(device, now);
  const last = lastBoot === null || lastSeq === null ? undefined : { boot: lastBoot, seq: lastSeq };
  const { key } = addKey(store, { device, publicKey: publicKey!, last }, now);
  move(store, claim, 'approved');
  store.sqlite.prepare('UPDATE claims SET key = ? WHERE id = ?').run(key, claim.id);
  return key;
}
