import type { ClaimAnswer } from '@tianyuan/protocol';

/**
 * Shows a claim and yields each answer until one decides, or the signal is aborted.
 * @throws SimulatorError CLAIM where the gateway cannot be reached or does not let the device in
 */
export type ClaimTransport = (
  payload: Uint8Array,
  signal: AbortSignal,
  onWaiting: () => void,
) => Promise<Exclude<ClaimAnswer, { state: 'waiting' }>>;
