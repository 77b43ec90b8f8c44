import {
  type Claim,
  type ClaimAnswer,
  type ClaimRefusal,
  type ParsedClaim,
  equalBytes,
  openClaim,
} from '@tianyuan/protocol';
import type { Store } from '../keep/store.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { rememberCertificate } from './certificates.ts';
import { type ClaimRow, claimColumns, enrolClaimed, move } from './claims.ts';
import { hashToken, newToken } from './token.ts';

/** Where devices show their claims, over whatever they come in. */
export type ClaimDesk = {
  /** whether a token was given out for this device, and may still be shown */
  opens: (device: string, token: Uint8Array) => boolean;
  /** Answers a claim; the same claim shown again gets the answer of the moment. */
  present: (payload: Uint8Array) => Promise<ClaimAnswer>;
  /** the device connected with what it got */
  entered: (device: string) => void;
};

/** @param onChange told when devices or keys may have changed */
export function openClaimDesk(
  store: Store,
  {
    authority,
    now,
    onChange,
  }: { authority: CertificateAuthority | undefined; now: () => number; onChange: () => void },
): ClaimDesk {
  const { sqlite } = store;
  const selectByToken = sqlite.prepare(
    `SELECT ${claimColumns} FROM claims WHERE token_hash = ? AND device = ?`,
  );
  const selectDelivered = sqlite.prepare(
    `SELECT ${claimColumns} FROM claims WHERE device = ? AND state = 'delivered'`,
  );
  const find = (device: string, token: string | Uint8Array) =>
    selectByToken.get(hashToken(token), device) as ClaimRow | undefined;

  /** Binds the claim to the key that shows it first; undefined where all is well. */
  const bind = ({ claim, publicKey, csr }: ParsedClaim): { row: ClaimRow } | Refused => {
    const row = find(claim.device, claim.claim);
    if (row === undefined || row.state === 'withdrawn')
      return refused('UNKNOWN_CLAIM', 'no such token was given out for this device, or it was withdrawn');
    if (row.state === 'used')
      return refused('USED', 'the device has connected with what it got for this token');
    if (row.publicKey !== null) {
      if (!equalBytes(row.publicKey, publicKey))
        return refused('TAKEN', 'another key has shown this token before');
      if ((row.csr === null) !== (csr === undefined))
        return refused(
          'BAD_REQUEST',
          'shown before with a certificate request, and now without, or the other way round',
        );
      return { row };
    }
    if (row.expiresAt <= now()) return refused('EXPIRED', 'the token has expired: ask the owner for another');
    const belongs = sqlite
      .prepare('SELECT 1 FROM device_keys WHERE public_key = ?')
      .get(Buffer.from(publicKey));
    if (belongs !== undefined) return refused('KEY_CONFLICT', 'this key is enrolled already: make a new one');
    sqlite
      .prepare(
        'UPDATE claims SET public_key = ?, csr = ?, last_boot = ?, last_seq = ?, presented_at = ? WHERE id = ?',
      )
      .run(Buffer.from(publicKey), csr && Buffer.from(csr), claim.last?.boot, claim.last?.seq, now(), row.id);
    const bound = find(claim.device, claim.claim)!;
    if (row.autoApprove === 1) enrolClaimed(store, bound, now());
    else move(store, row, 'waiting');
    return { row: find(claim.device, claim.claim)! };
  };

  /** A new token each time, since only its hash is kept; a certificate once. */
  const deliver = (row: ClaimRow, certificate: Issued | undefined): ClaimAnswer => {
    const base = { v: 1, device: row.device, state: 'approved', key: row.key! } as const;
    if (row.state === 'approved') move(store, row, 'delivered');
    if (row.csr !== null) {
      if (certificate !== undefined) {
        rememberCertificate(store, row.device, certificate, now());
        sqlite.prepare('UPDATE claims SET certificate = ? WHERE id = ?').run(certificate.certificate, row.id);
      }
      return { ...base, certificate: certificate?.certificate ?? row.certificate! };
    }
    const token = newToken();
    sqlite.prepare('UPDATE devices SET token_hash = ? WHERE device = ?').run(hashToken(token), row.device);
    return { ...base, token };
  };

  /** Asked before anything is bound, so that a request that cannot be met costs the device nothing. */
  const issue = async ({ claim, csr }: ParsedClaim): Promise<Issued | undefined | Refused> => {
    if (csr === undefined || find(claim.device, claim.claim)?.certificate != null) return undefined;
    if (authority === undefined)
      return refused('NO_CERTIFICATES', 'this gateway issues no certificates: ask without a request');
    const issued = await authority.issueRequested(claim.device, csr);
    return issued ?? refused('BAD_REQUEST', 'the certificate request is none for this device');
  };

  return {
    opens(device, token) {
      const row = find(device, token);
      if (row === undefined || row.state === 'used' || row.state === 'withdrawn') return false;
      return row.state !== 'open' || row.expiresAt > now();
    },
    async present(payload) {
      const opened = openClaim(payload);
      if ('refusal' in opened) return answerOf(undefined, refused(opened.refusal, opened.detail));
      const { device } = opened.claim;
      if (find(device, opened.claim.claim) === undefined)
        return answerOf(
          opened.claim,
          refused('UNKNOWN_CLAIM', 'no such token was given out for this device'),
        );
      const issued = await issue(opened);
      if (issued !== undefined && 'refusal' in issued) return answerOf(opened.claim, issued);
      const decide = sqlite.transaction((): ClaimAnswer => {
        const bound = bind(opened);
        if ('refusal' in bound) return answerOf(opened.claim, bound);
        const { row } = bound;
        return row.state === 'waiting' ? { v: 1, device, state: 'waiting' } : deliver(row, issued);
      });
      const answer = decide.immediate();
      if (answer.state === 'approved') onChange();
      return answer;
    },
    entered(device) {
      for (const row of selectDelivered.all(device) as ClaimRow[]) move(store, row, 'used');
    },
  };
}

type Issued = NonNullable<Awaited<ReturnType<CertificateAuthority['issueRequested']>>>;
type Refused = { refusal: ClaimRefusal; detail: string };

function refused(refusal: ClaimRefusal, detail: string): Refused {
  return { refusal, detail };
}

/** A claim that cannot be read has no name of its own that could be trusted. */
function answerOf(claim: Claim | undefined, { refusal, detail }: Refused): ClaimAnswer {
  return { v: 1, device: claim?.device ?? 'unknown', state: 'refused', code: refusal, detail };
}
