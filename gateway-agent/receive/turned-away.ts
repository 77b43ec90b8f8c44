/** Why a connection was not let in or was ended: what metrics count, by these words. */
export const turnedAwayReasons = [
  'NO_CREDENTIAL',
  'IDENTITY_MISMATCH',
  'UNKNOWN_DEVICE',
  'WRONG_TOKEN',
  'REVOKED_DEVICE',
  'UNKNOWN_CERTIFICATE',
  'REVOKED_CERTIFICATE',
  /** the certificate is not of this gateway's authority */
  'UNTRUSTED_CERTIFICATE',
  /** no TLS came about, or not in time */
  'TLS_FAILED',
  /** what let the device in was withdrawn while it was connected */
  'CREDENTIAL_WITHDRAWN',
  'TOO_MANY_CONNECTIONS',
  'TOO_MANY_FROM_ADDRESS',
  /** said too little for too long, or made way for a newer one that might say more */
  'NO_CONNECT',
  'PACKET_TOO_LARGE',
  'TOO_MANY_IN_FLIGHT',
  'TOO_MANY_SUBSCRIPTIONS',
  'ACKNOWLEDGEMENTS_UNREAD',
  'STORE_UNREADABLE',
] as const;

export type TurnedAwayReason = (typeof turnedAwayReasons)[number];
