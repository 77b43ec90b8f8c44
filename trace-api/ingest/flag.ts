/**
 * What the mirror found about an entry, in the order of judging: the first that applies is kept. None of them stops a
 * log. The last two stand on messages that verify all the same.
 */
export const flags = {
  MALFORMED: 'not an entry, or its payload is not a message, of a version that is known here',
  WITHHELD: 'came without its payload, and nobody says that it is gone',
  EVICTED: 'its payload is gone: its gateway had no room, and a tombstone in its log says so',
  COMMITMENT_MISMATCH: 'came with a payload that is not the one that the entry commits to',
  UNKNOWN_DEVICE: 'signed with a key that the registry does not have; judged again when it does',
  ROTATED_KEY: 'signed with a key that had handed over to a newer one: its last message came before this one',
  SUSPECT:
    'signed with a key that was revoked when the log had less than this anchored, before its gateway is known to have ' +
    'heard of it; counts or is revoked once the registrar names an index',
  REVOKED_KEY: 'signed with a key that was revoked from this entry or an earlier one on',
  BAD_SIGNATURE: 'the signature does not fit the message and the key',
  DUPLICATE: 'the same message as an earlier entry of the same log',
  ALSO_SEEN: 'the same message as an entry of another log',
  EQUIVOCATION: 'another message was signed with the same key, boot and sequence number',
  OUT_OF_RANGE: 'a reading is outside what its quantity can physically be',
  CLOCK_SKEW: "the device's clock was ahead of the gateway's, or had never been set",
} as const;

export type Flag = keyof typeof flags;
