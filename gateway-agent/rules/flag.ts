/**
 * What the gateway found odd about a message. Flagged messages are accepted and logged: they are evidence, not noise.
 * A message keeps all that apply, in this order, in `entries.flags`.
 */
export const messageFlags = {
  OUT_OF_RANGE: 'a value is outside what its quantity, or the rule file, says can be',
  CLOCK_SKEW: "the device's clock is ahead of the gateway's, or was never set (before 2020)",
  PAST_TIME: 'the message is older than the rules allow, or its time went back inside one boot of the device',
  GAP: 'sequence numbers before this one have not come to this gateway',
  SILENCE: 'nothing came for more than twice the expected interval before this message',
  FAST_CHANGE: 'a value changed faster than a working sensor can',
  STUCK: 'a value has not moved at all for too long',
  GPS_JUMP: 'a position that no vehicle reaches in that time',
} as const;

export type MessageFlag = keyof typeof messageFlags;
