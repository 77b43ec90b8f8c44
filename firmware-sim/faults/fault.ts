import type { Profile, Reading, UnsignedReadings } from '@tianyuan/protocol';

export const faultNames = [
  'bad-signature',
  'replay',
  'equivocate',
  'clock-skew',
  'gap',
  'stuck',
  'out-of-range',
  'malformed',
] as const;

export type FaultName = (typeof faultNames)[number];

/** One payload on its way; `fault` is null for a good message, also for the first of an equivocating pair. */
export type Publication = { payload: Uint8Array; fault: FaultName | null };

/** What a misbehaving device has at hand when its next message is due. */
export type Occasion = {
  /** the good message that is due, not signed yet */
  message: UnsignedReadings;
  /** how the device writes its messages */
  profile: Profile;
  sign: (message: UnsignedReadings) => Uint8Array;
  /** the next number in [0, 1) of the device's seeded stream */
  random: () => number;
  /** true time, Unix ms: what a gateway's clock says, where the device's may follow a simulated one */
  wallMs: number;
  /** payloads that were accepted and acknowledged, oldest first */
  acknowledged: readonly Uint8Array[];
  /** what the due message's readings would have been, had they been taken when the present stuck episode began */
  hungReadings: () => Reading[];
};

/** What goes on the wire instead, and the device's message counter after it. */
type Misbehaviour = { publications: Publication[]; seq: number };

export type Fault = {
  name: FaultName;
  /**
   * What PROTOCOL.md section 2 wants of the gateway: `accepted` and flagged as evidence, `evidence` beside the message
   * that it contradicts, `refused` into quarantine, or `deduplicated`; acknowledged in every case.
   */
  expected: 'accepted' | 'evidence' | 'refused' | 'deduplicated';
  /** accept's code, where it is not simply accepted */
  code?: 'BAD_SIGNATURE' | 'MALFORMED' | 'DUPLICATE' | 'EQUIVOCATION';
  /** undefined where there is no occasion for it yet: the device then behaves well this time */
  misbehave: (occasion: Occasion) => Misbehaviour | undefined;
};
