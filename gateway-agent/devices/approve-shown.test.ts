import { newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { newTestStore } from '../test-store.ts';
import { approveShown, waitingClaims } from './approve-shown.ts';
import { inviteDevice, liveClaims, move } from './claims.ts';

test('a claim is approved as it was shown, and another key that came meanwhile is not', () => {
  const { store, dataDir, remove } = newTestStore();
  onTestFinished(remove);
  inviteDevice(store, { device: 'truck', expiresAt: 1_000, autoApprove: false }, 0);
  expect(waitingClaims(store)).toEqual([]);
  const show = (): void =>
    void store.sqlite
      .prepare('UPDATE claims SET public_key = ?')
      .run(Buffer.from(publicKeyOf(newSecretKey())));
  show();
  move(store, liveClaims(store)[0]!, 'waiting');
  const [seen] = waitingClaims(store);
  show();
  expect(approveShown(dataDir, 'truck', seen!.fingerprint, 5)).toBe(false);
  const [now] = waitingClaims(store);
  expect(approveShown(dataDir, 'lorry', now!.fingerprint, 5)).toBe(false);
  expect(approveShown(dataDir, 'truck', now!.fingerprint, 5)).toBe(true);
  expect(waitingClaims(store)).toEqual([]);
  expect(approveShown(dataDir, 'truck', now!.fingerprint, 5)).toBe(false);
});
