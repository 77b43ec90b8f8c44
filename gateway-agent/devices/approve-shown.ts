import { GatewayError } from '../gateway-error.ts';
import { openBeside } from '../keep/open-beside.ts';
import { type Store } from '../keep/store.ts';
import { approveClaim, liveClaims } from './claims.ts';
import { keyFingerprint } from '../commands/devices/list.ts';

/** Devices that showed a claim and wait, with what the owner compares. */
export function waitingClaims(store: Store): { device: string; fingerprint: string }[] {
  return liveClaims(store).flatMap(({ device, state, publicKey }) =>
    state === 'waiting' && publicKey !== null ? [{ device, fingerprint: keyFingerprint(publicKey) }] : [],
  );
}

/**
 * Approves a claim as the owner saw it: another key that came meanwhile is not meant. By a connection of its own, since
 * the register notices what others write.
 * @returns whether it was approved
 */
export function approveShown(dataDir: string, device: string, fingerprint: string, now: number): boolean {
  const store = openBeside(dataDir);
  try {
    const isShown = waitingClaims(store).some(
      (one) => one.device === device && one.fingerprint === fingerprint,
    );
    if (!isShown) return false;
    approveClaim(store, device, now);
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'DEVICE') return false;
    throw error;
  } finally {
    store.close();
  }
}
