import type { Store } from '../keep/store.ts';
import type { IssuedCertificate } from './certificate-authority.ts';

/** Only what is remembered here lets anybody in, in the caller's transaction. */
export function rememberCertificate(
  { sqlite }: Pick<Store, 'sqlite'>,
  device: string,
  { fingerprint, serial, notAfter }: IssuedCertificate,
  now: number,
): void {
  sqlite
    .prepare(
      'INSERT INTO certificates (fingerprint, device, serial, issued_at, not_after) VALUES (?, ?, ?, ?, ?)',
    )
    .run(fingerprint, device, serial, now, notAfter);
}

export type CertificateRow = { device: string; serial: string; revokedAt: number | null };

export function certificatesOf({ sqlite }: Pick<Store, 'sqlite'>, device: string): CertificateRow[] {
  return sqlite
    .prepare(
      'SELECT device, serial, revoked_at AS revokedAt FROM certificates WHERE device = ? ORDER BY issued_at, serial',
    )
    .all(device) as CertificateRow[];
}

/** @returns how many were not revoked before; `serial` undefined for all of the device */
export function revokeCertificates(
  { sqlite }: Pick<Store, 'sqlite'>,
  device: string,
  serial: string | undefined,
  now: number,
): number {
  return sqlite
    .prepare(
      'UPDATE certificates SET revoked_at = ? WHERE device = ? AND revoked_at IS NULL AND (? IS NULL OR serial = ?)',
    )
    .run(now, device, serial ?? null, serial ?? null).changes;
}
