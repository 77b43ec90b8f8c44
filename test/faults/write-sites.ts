import { ChainError, type ChainEvent, type Registrar } from '@tianyuan/chain';
import { openWatchStore } from '@tianyuan/gateway-agent/alarms/watch-store.ts';
import {
  addCalibration,
  listCalibrations,
  logCalibrations,
  removeCalibration,
} from '@tianyuan/gateway-agent/calibrations/calibration-book.ts';
import { addCommand } from '@tianyuan/gateway-agent/commands/devices/add.ts';
import { limitCommand } from '@tianyuan/gateway-agent/commands/devices/decide.ts';
import { openAnchorCosts } from '@tianyuan/gateway-agent/deliver/anchor-costs.ts';
import { type AnchorChain, openAnchorer } from '@tianyuan/gateway-agent/deliver/anchor.ts';
import { newGrowth } from '@tianyuan/gateway-agent/deliver/growth.ts';
import { newLinkHealth } from '@tianyuan/gateway-agent/deliver/link-health.ts';
import { openWebhook } from '@tianyuan/gateway-agent/deliver/webhook.ts';
import { rememberCertificate } from '@tianyuan/gateway-agent/devices/certificates.ts';
import { openClaimDesk } from '@tianyuan/gateway-agent/devices/claim-desk.ts';
import { approveClaim, inviteDevice } from '@tianyuan/gateway-agent/devices/claims.ts';
import { addKey } from '@tianyuan/gateway-agent/devices/device-keys.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/enrol-device.ts';
import { openRegistrationQueue } from '@tianyuan/gateway-agent/devices/registration-queue.ts';
import { openRegistryCopy } from '@tianyuan/gateway-agent/devices/registry-copy.ts';
import { revokeDevice } from '@tianyuan/gateway-agent/devices/revoke-device.ts';
import { checkOrigin, countBoot } from '@tianyuan/gateway-agent/keep/start.ts';
import { openRestoration } from '@tianyuan/gateway-agent/log/restoration.ts';
import { enrolmentOf, newTestDevice } from '@tianyuan/gateway-agent/test-device.ts';
import { bytesToHex, encodeBase64, sha256, signClaim, signEd25519, utf8ToBytes } from '@tianyuan/protocol';
import pino from 'pino';
import { type OpenedStore, equivocal, messages, origin, refused } from './opened-store.ts';

/** One way on which something gets into the store. */
export type WriteSite = {
  /** the files of the gateway whose writes these are */
  of: readonly string[];
  /** what must be there before; what it gives is handed to `write` */
  before?: (opened: OpenedStore) => unknown;
  /** Writes, or throws; after it threw it is called once more, when there is room. */
  write: (opened: OpenedStore, context: never) => unknown;
  /** several transactions, one after the other: some of them may be there when the next one found no room */
  steps?: true;
};

const silent = pino({ level: 'silent' });
/** at which the clock stands still */
export const now = 1_800_000_000_000;
const devices = Array.from({ length: 40 }, (_, i) => newTestDevice(`device-${i + 100}`));
const newcomer = newTestDevice('newcomer');
const certificate = {
  device: 'device-1',
  sensor: '',
  type: 'temperature' as const,
  certificate: '0'.repeat(64),
  issuer: 'a laboratory',
  validFrom: 1,
  validUntil: 2,
};

/** Ends with the error that something was told of, or without one when `done` was called. */
function outcome() {
  const stopping = new AbortController();
  let failure: Error | undefined;
  return {
    signal: stopping.signal,
    done: () => stopping.abort(),
    fail(error: unknown) {
      failure = error as Error;
      stopping.abort();
    },
    end() {
      if (failure !== undefined) throw failure;
    },
  };
}

const enrolFirst = ({ store }: OpenedStore): void =>
  enrolDevice(store, enrolmentOf({ ...newcomer, id: 'device-1' }), now);

/** A chain that takes everything: what is tried is the store. */
const takingChain: AnchorChain = {
  head: async () => ({
    size: 0,
    root: new Uint8Array(32),
    phase: 'open',
    anchoredAtMs: undefined,
    successor: undefined,
  }),
  append: async () => '0x1',
  confirm: async () => ({ blockNumber: 1, blockHash: '0xb' }) as Awaited<ReturnType<AnchorChain['confirm']>>,
  costOf: async () => ({ gas: 1, wei: 1n }),
  finality: async () => 'final',
};

function openAnchoring({ store, log, checkpoints }: OpenedStore): () => Promise<void> {
  let current = outcome();
  /** what a cost that could not be noted is told with: it stops no anchor */
  let warned: unknown;
  const costs = openAnchorCosts(store);
  const head = async () => ({
    ...(await takingChain.head(new Uint8Array())),
    ...(anchorer.anchoredSize() > 0 && { size: log.size(), root: log.root() }),
  });
  const anchorer = openAnchorer({
    origin,
    policy: { intervalMs: 1, urgentGapMs: 0 },
    chain: { ...takingChain, head },
    store,
    log,
    checkpoints,
    restoration: openRestoration(store, log, { origin, links: ['chain'] }),
    costs,
    growth: newGrowth(),
    health: {
      ...newLinkHealth(() => 0),
      failed: (error) => current.fail(error),
      succeeded: () => (costs.total().transactions === 1 ? current.done() : current.fail(warned)),
    },
    logger: Object.assign(pino({ level: 'silent' }), { warn: ({ err }: { err: unknown }) => (warned = err) }),
    now: () => now,
    beforeAppend: async () => {},
  });
  return async () => {
    current = outcome();
    await anchorer.run(current.signal);
    current.end();
  };
}

const claimOf = (token: string): Buffer => {
  const { id, publicKey, secretKey } = newcomer;
  const claim = { device: id, claim: token, publicKey: encodeBase64(publicKey) };
  return Buffer.from(signClaim(claim, (input) => signEd25519(secretKey, input)));
};
const deskOf = ({ store }: OpenedStore) =>
  openClaimDesk(store, { authority: undefined, now: () => now, onChange: () => {} });
const invited = ({ store }: OpenedStore): string =>
  inviteDevice(store, { device: newcomer.id, expiresAt: now + 1, autoApprove: false }, now);

const cursor = { genesisHash: `0x${'0'.repeat(64)}`, recent: [{ number: 9, hash: `0x${'1'.repeat(64)}` }] };
const enrolledEvents = devices.map(
  ({ publicKey }, i) =>
    ({
      kind: 'KeyEnrolled',
      subjectKind: 'device',
      blockNumber: 5,
      logIndex: i,
      publicKey,
      subject: bytesToHex(sha256(utf8ToBytes('device-1'))),
      keyNumber: i + 2,
    }) as unknown as ChainEvent,
);

const runCommand = ({ dataDir }: OpenedStore, command: ReturnType<typeof addCommand>, ...args: string[]) =>
  command.parseAsync([...args, '--data-dir', dataDir], { from: 'user' });

export const writeSites: Record<string, WriteSite> = {
  'a commit of messages, that completes tiles': {
    of: ['keep/keep.ts', 'log/log.ts', 'rules/judge.ts', 'keep/quarantine.ts'],
    write: ({ keep }) => keep.keep(messages(601, 300)),
  },
  'evidence of equivocation': { of: ['keep/keep.ts'], write: ({ keep }) => keep.keep([equivocal()]) },
  quarantine: {
    of: ['keep/quarantine.ts'],
    write: ({ keep }) => keep.keep([refused('one'), refused('two')]),
  },
  'a statement': {
    of: ['keep/keep.ts', 'log/log.ts'],
    write: ({ keep }) => keep.keepOwn('statement', Buffer.alloc(9000, 1)),
  },
  'checkpoints, one after the other': {
    of: ['log/checkpoints.ts'],
    steps: true,
    write: ({ checkpoints }) => {
      for (let size = 1; size < 20; size++) checkpoints.at(size);
    },
  },
  'enrolments, one after the other': {
    of: ['devices/enrol-device.ts', 'devices/request-registration.ts'],
    steps: true,
    write: ({ store }) => {
      for (const device of devices) enrolDevice(store, enrolmentOf(device), now);
    },
  },
  'a key that takes over': {
    of: ['devices/device-keys.ts', 'devices/orphan-keys.ts', 'devices/request-registration.ts'],
    before: enrolFirst,
    write: ({ store, keep }) =>
      keep.together(() => addKey(store, { device: 'device-1', publicKey: devices[0]!.publicKey }, now)),
  },
  'an invitation': { of: ['devices/claims.ts'], write: invited },
  'a claim that is shown': {
    of: ['devices/claim-desk.ts', 'devices/claims.ts'],
    before: invited,
    write: (opened, token: string) => deskOf(opened).present(claimOf(token)),
  },
  'a claim that is approved': {
    of: ['devices/claims.ts', 'devices/device-keys.ts'],
    before: (opened) => deskOf(opened).present(claimOf(invited(opened))),
    write: ({ store }) => approveClaim(store, newcomer.id, now),
  },
  'a claim whose answer is fetched, and whose device comes in': {
    of: ['devices/claim-desk.ts', 'devices/claims.ts'],
    steps: true,
    async before(opened) {
      const token = invited(opened);
      await deskOf(opened).present(claimOf(token));
      approveClaim(opened.store, newcomer.id, now);
      return token;
    },
    async write(opened, token: string) {
      await deskOf(opened).present(claimOf(token));
      deskOf(opened).entered(newcomer.id);
    },
  },
  'a certificate of a device': {
    of: ['devices/certificates.ts'],
    write: ({ store }) =>
      rememberCertificate(
        store,
        'device-1',
        { fingerprint: Buffer.alloc(32), serial: '1', notAfter: now } as Parameters<
          typeof rememberCertificate
        >[2],
        now,
      ),
  },
  'a revocation': {
    of: ['devices/revoke-device.ts', 'devices/certificates.ts', 'devices/request-registration.ts'],
    before: enrolFirst,
    write: ({ store }) => revokeDevice(store, { device: 'device-1' }, now),
  },
  'the command `devices add`': {
    of: ['commands/devices/add.ts'],
    steps: true, // opening the store is one of its own
    write: (opened) =>
      opened.store.sqlite.prepare("SELECT 1 FROM devices WHERE device = 'newcomer'").get() ??
      runCommand(opened, addCommand(), newcomer.id, '--public-key', encodeBase64(newcomer.publicKey)),
  },
  'the command `devices limit`': {
    of: ['commands/devices/decide.ts'],
    steps: true,
    before: enrolFirst,
    write: (opened) => runCommand(opened, limitCommand(), 'device-1', '2', '5'),
  },
  'the copy of the registry': {
    of: ['devices/registry-copy.ts', 'devices/orphan-keys.ts'],
    before: enrolFirst,
    write: ({ store }) =>
      openRegistryCopy(store, '0'.repeat(64)).apply(
        { kind: 'events', events: enrolledEvents, cursor },
        'registry',
        new Map(),
      ),
  },
  'what the registry is to be told, and why it refuses': {
    of: ['devices/registration-queue.ts'],
    steps: true,
    before(opened) {
      enrolFirst(opened);
      opened.store.sqlite.exec('DELETE FROM registry_requests');
    },
    async write({ store }) {
      const { signal, done, fail, end } = outcome();
      const queue = openRegistrationQueue(store, silent, origin, fail);
      const refusing = {
        enrol: async () => {
          throw new ChainError('NOT_ALLOWED' as ChainError['code'], 'no registrar');
        },
        close: () => {},
      };
      const looking = setInterval(
        () => queue.pending().every(({ trouble }) => trouble !== null) && done(),
        5,
      );
      await queue.run(async () => refusing as unknown as Registrar, signal);
      clearInterval(looking);
      end();
    },
  },
  'an anchor, and what it cost': {
    of: ['deliver/anchor.ts', 'deliver/anchor-costs.ts', 'log/checkpoints.ts'],
    steps: true,
    before: openAnchoring,
    write: (_, anchor: () => Promise<void>) => anchor(),
  },
  'notices for the webhook': {
    of: ['deliver/webhook.ts'],
    before: ({ store }) =>
      openWebhook({
        url: 'http://127.0.0.1:1',
        secret: Buffer.alloc(32),
        gateway: 'gw',
        store,
        now: () => now,
        health: newLinkHealth(() => 0),
        logger: silent,
      }),
    write: ({ keep }, webhook: ReturnType<typeof openWebhook>) =>
      keep.together(() => {
        for (let i = 0; i < 20; i++) webhook.put('x'.repeat(500), now);
      }),
  },
  'what the watch knows': {
    of: ['alarms/watch-store.ts'],
    write: ({ store, keep }) =>
      keep.together(() =>
        openWatchStore(store).write({
          cursor: 1,
          memories: [],
          alarms: [
            {
              kind: 'disk',
              subject: '',
              state: 'raised',
              since: 1,
              raisedAt: 1,
              detail: { x: 'y'.repeat(9000) },
            },
          ],
          latest: devices.map(({ id }) => {
            return { device: id, sensor: '', type: 'temperature', value: 1, time: 1, receivedAt: 1 };
          }),
          forgotten: [{ device: 'device-100', sensor: '', type: 'temperature' }],
        }),
      ),
  },
  'a certificate of calibration, logged, taken back, logged': {
    of: ['calibrations/calibration-book.ts'],
    steps: true,
    before: enrolFirst,
    write({ store, keep }) {
      const isTakenBack = (): boolean =>
        store.sqlite.prepare('SELECT 1 FROM calibrations WHERE removed_at IS NOT NULL').get() !== undefined;
      if (!isTakenBack()) {
        const id = listCalibrations(store)[0]?.id ?? addCalibration(store, certificate, now);
        logCalibrations(store, keep);
        removeCalibration(store, id, now);
      }
      logCalibrations(store, keep);
    },
  },
  'a tombstone, and the payloads that go behind it': {
    of: ['capacity/drop-payloads.ts'],
    steps: true,
    async write({ dropper }) {
      const run = dropper.pending() ?? (await dropper.bury(600, 'mirrored'));
      if (run !== undefined) await dropper.drop(run);
    },
  },
  'a start, counted': {
    of: ['keep/store.ts', 'keep/start.ts'],
    steps: true,
    write({ store }) {
      checkOrigin(store, origin);
      if (store.sqlite.prepare("SELECT 1 FROM settings WHERE name = 'boot'").get() === undefined)
        countBoot(store);
    },
  },
};

/** Files that write, and why they have no site here. */
export const elsewhere: Record<string, string> = {
  'keep/salvage.ts': 'a new file, begun again: test/faults/full-disk-salvage.test.ts',
  'keep/old-store.ts': 'of a salvage, as above',
  'keep/carry-over.ts': 'one transaction of `succeed`: test/faults/full-disk-commands.test.ts',
  'keep/backup.ts': 'another file, which counts when it is whole: test/faults/full-disk-commands.test.ts',
};
