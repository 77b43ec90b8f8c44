import type { PageData } from './page-data.ts';

const now = Date.UTC(2026, 4, 2, 4);

/** A cold store with a broken chain, a silent device, a dead link and a message that was refused. Deterministic. */
export function testPageData(overrides: Partial<PageData> = {}): PageData {
  const reading = { device: 'truck-07', sensor: '', time: now - 60_000, receivedAt: now - 59_000 };
  return {
    status: {
      gateway: 'gw-7',
      origin: 'gw-7.farm-3.example',
      logId: '7f'.repeat(32),
      boot: 12,
      logged: 51_204,
      mirrored: 50_100,
      anchored: 51_000,
      final: 50_900,
      refused: { BAD_SIGNATURE: 2 },
      connectedDevices: 1,
      rateLimited: [],
      clock: 'synchronised',
      capacity: {
        level: 'normal',
        refusing: false,
        usedBytes: 4_096,
        budgetBytes: undefined,
        diskBytes: 32_000_000_000,
        freeBytes: 20_000_000_000,
        dropped: 0,
        evicted: 0,
        reserveHeld: true,
      },
      salvaged: null,
      anchorCost: {
        total: { transactions: 30, gas: 3_300_000, wei: '12345678901234567890' },
        days: [{ day: '2026-05-02', transactions: 24, gas: 2_640_000, wei: '9876543210987654321' }],
      },
      chainNodes: [],
      registry: { block: 9, pending: [] },
    },
    version: '0.1.0',
    now,
    clockIsSynchronised: false,
    upMs: 3 * 86_400_000,
    alarms: [
      {
        kind: 'cold-chain',
        subject: 'cold/truck-07',
        state: 'raised',
        since: now - 600_000,
        raisedAt: now - 600_000,
        detail: { milliC: 9_100, maxMilliC: 8_000, forMs: 600_000, deviceTime: now - 600_000 },
      },
      {
        kind: 'device-silent',
        subject: 'orchard-02',
        state: 'clearing',
        since: 5,
        raisedAt: now - 7_200_000,
        detail: { silentForMs: 3_600_000 },
      },
    ],
    devices: [
      {
        device: 'truck-07',
        isRevoked: false,
        heardAgoMs: 59_000,
        rssi: -71,
        readings: [
          { ...reading, type: 'temperature', value: 9_100, calibration: 'calibrated' },
          { ...reading, type: 'humidity', value: 91_000, calibration: 'none' },
        ],
      },
      { device: 'orchard-02', isRevoked: false, heardAgoMs: undefined, rssi: undefined, readings: [] },
    ],
    waitingClaims: [{ device: 'truck-09', fingerprint: '1fde-83a0-77c1-0b2e' }],
    links: [
      { name: 'trace-api', state: { is: 'down', since: 0, reason: 'connect ECONNREFUSED' }, sinceMs: 90_000 },
      { name: 'chain', state: { is: 'up', since: 0 }, sinceMs: 86_400_000 },
    ],
    lastAnchor: {
      size: 51_000,
      state: 'final',
      transactionHash: `0x${'c3'.repeat(32)}`,
      sentAt: now - 65_000,
    },
    storeBytes: 312_000_000,
    usedPermille: 412,
    diskAlarmPermille: 850,
    waitingNotices: 1,
    quarantine: {
      count: 1,
      newest: [
        {
          id: 3,
          device: 'truck-08',
          code: 'UNKNOWN_DEVICE',
          detail: 'no key 2 of truck-08 is enrolled',
          receivedAt: now - 5_000,
          bytes: 240,
        },
      ],
    },
    ...overrides,
  };
}
