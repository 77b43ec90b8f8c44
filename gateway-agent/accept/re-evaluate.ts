import { isFull } from '../capacity/capacity.ts';
import type { DeviceRegister } from '../devices/device-register.ts';
import type { Outcome } from '../keep/keep.ts';
import type { Quarantine } from '../keep/quarantine.ts';
import type { Intake } from './intake.ts';
import type { RefusedMessage } from './verify-message.ts';
import type { VerifyPool } from './verify-pool.ts';

/** What became of a quarantined message that was judged again. `GONE`: there is none of this number any more; `FULL`: the store has no room. */
export type ReEvaluation = Outcome | RefusedMessage | { code: 'GONE' | 'FULL' };

/**
 * A size, or a topic that was another's, no register changes. What the receiver itself had against a message is not in
 * the message, so it cannot be judged again.
 */
export function canBeReEvaluated(code: string): boolean {
  return code !== 'TOO_LARGE' && code !== 'IDENTITY_MISMATCH';
}

/**
 * Judges a quarantined message by the register as it is now. One that verifies goes the way of every message, where
 * (key, boot, seq) lets it in once, however often this is asked and whenever the process dies; then it leaves quarantine.
 */
export async function reEvaluate(
  id: number,
  {
    quarantine,
    pool,
    register,
    intake,
  }: {
    quarantine: Pick<Quarantine, 'find' | 'remove'>;
    pool: Pick<VerifyPool, 'verify'>;
    register: Pick<DeviceRegister, 'keyring'>;
    intake: Pick<Intake, 'take'>;
  },
): Promise<ReEvaluation> {
  const message = quarantine.find(id);
  if (message === undefined) return { code: 'GONE' };
  const { device, payload, code, detail } = message;
  if (!canBeReEvaluated(code)) return { code, detail } as RefusedMessage;
  const [verdict] = await pool.verify([{ device, payload }], register.keyring());
  if (verdict!.code !== 'VERIFIED') return verdict as RefusedMessage;
  let outcome: Outcome;
  try {
    outcome = await intake.take(device, payload);
  } catch (error) {
    if (isFull(error)) return { code: 'FULL' };
    throw error;
  }
  quarantine.remove(id);
  return outcome;
}
