import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Aedes, type Client, type PublishPacket } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import type { Logger } from 'pino';
import type { Intake } from '../accept/intake.ts';
import type { RefusedMessage } from '../accept/verify-message.ts';
import type { ClaimDesk } from '../devices/claim-desk.ts';
import type { DeviceRegister } from '../devices/device-register.ts';
import { type Admission, openAdmission } from './admission.ts';
import { type BrokerLimits, defaultLimits } from './default-limits.ts';
import { limitOfDevice } from './limit-of-device.ts';
import { type TlsListener, openListeners } from './listeners.ts';
import { type Operator, alarmTopic } from './operator.ts';
import { newRateGate } from './rate-gate.ts';
import { topicKind } from './topics.ts';
import type { TurnedAwayReason } from './turned-away.ts';

export type EmbeddedBroker = {
  port: number;
  /** where devices connect over TLS; undefined without */
  tlsPort: number | undefined;
  connectedDevices: () => number;
  /** devices whose messages are held back now because they send too fast */
  rateLimited: () => string[];
  /** to every operator that listens now; who does not has the log, the webhook and the page */
  publishAlarm: (notice: string) => void;
  /** stops listening, lets what was taken be decided and acknowledged, then closes the connections */
  close: () => Promise<void>;
};

/** What happened at the door and in front of accept, for metrics. */
export type BrokerEvents = {
  onTurnedAway: (reason: TurnedAwayReason) => void;
  /** a device's messages began to be held back */
  onRateLimited: (device: string) => void;
};

// Names aedes' own bounds where its defaults are not ours.
const maxClientIdLength = 64; // a device id, protocol section 1
const maxTopicLevels = 5; // ty/v1/gateway/device/up

/**
 * Messages of one connection between its socket and the disk. aedes reads 64 KiB at a time and runs the hooks of all that
 * it finds there; 512 of the smallest signed messages are more than fit, so only what is no message comes to more.
 */
const maxInFlight = 512;
// A buffer for each of the 65,536 packet numbers, made at the first packet and kept: 7 MB, for a copy of two bytes saved.
writeToStream.cacheNumbers = false;
/** A device that asks to hear something is refused; one that asks over and over is ended. */
const maxRefusedSubscriptions = 16;

/**
 * The MQTT broker inside the agent: devices connect as themselves, publish to their own topic, and hear nothing.
 *
 * aedes acknowledges QoS 1 before `published` runs; only `authorizePublish` comes earlier. So it is there that a message
 * is decided and committed: the PUBACK is written when the hook returns. An error returned there closes the connection,
 * and the device sends again: right for a failed commit, wrong for a bad message, which is acknowledged and quarantined.
 * aedes reads a connection no further while hooks of it are out, so holding a hook back pauses its socket.
 *
 * @throws GatewayError PORT_IN_USE
 */
export async function openEmbeddedBroker(options: {
  gateway: string;
  host: string;
  port: number;
  tls?: (TlsListener & { requireCertificate: boolean }) | undefined;
  limits?: BrokerLimits | undefined;
  register: DeviceRegister;
  claims?: ClaimDesk | undefined;
  /** who may listen for alarms; nobody without */
  operator?: Operator | undefined;
  intake: Pick<Intake, 'take' | 'idle'>;
  /** told what a device says of itself on its status topic */
  onStatus?: (device: string, payload: Uint8Array) => void;
  logger: Logger;
  events?: BrokerEvents | undefined;
}): Promise<EmbeddedBroker> {
  const {
    gateway,
    host,
    port,
    tls,
    limits = defaultLimits,
    register,
    claims,
    intake,
    onStatus,
    logger,
  } = options;
  let closing = false;
  const turnedAway = (reason: TurnedAwayReason, about: object): void => {
    options.events?.onTurnedAway(reason);
    logger.warn({ reason, ...about }, 'a connection was turned away');
  };

  const broker = await Aedes.createBroker({
    maxClientsIdLength: maxClientIdLength,
    maxTopicLevels,
    connectTimeout: limits.connectTimeoutMs,
    authenticate: (client, username, password, done) =>
      admission.authenticate(client, username, password ?? undefined, done),
    authorizePublish(client, packet, done) {
      if (client === null) return done(new Error('nobody publishes without a connection'));
      // Neither taken nor acknowledged any more, a last will included: the device sends it again to the next start.
      if (closing) return;
      const isWill = client.closed;
      // First of all: whoever is out is out with the next message, however fast it comes.
      look();
      if (admission.isWithdrawn(client)) return done(new Error('let in no longer'));
      if (admission.isOperator(client)) return done(new Error('an operator listens and says nothing'));
      const refusal = isWill ? undefined : refusalOf(client);
      if (refusal !== undefined) {
        turnedAway(refusal, { device: client.id });
        return done(new Error(refusal));
      }
      inFlight.set(client, (inFlight.get(client) ?? 0) + 1);
      const finish: typeof done = (error) => {
        inFlight.set(client, inFlight.get(client)! - 1);
        done(error);
      };
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      const { topic } = packet;
      leaveNothing(packet);
      const go = (): void => deliver(client, topic, payload, finish);
      // A will comes once a connection, and nothing of the connection is left to be held back.
      if (isWill) return go();
      gate.pass(client.id, { payloadBytes: payload.length, go, isGone: () => client.closed });
    },
    authorizeSubscribe(client, subscription, done) {
      if (admission.claimants?.mayHear(client, subscription.topic)) return done(null, subscription);
      if (admission.isOperator(client) && subscription.topic === alarmTopic(gateway))
        return done(null, subscription);
      const count = (subscriptions.get(client) ?? 0) + 1;
      subscriptions.set(client, count);
      if (count === 1)
        logger.warn(
          { device: client.id, topic: shorten(subscription.topic) },
          'a device asked to hear others and was refused',
        );
      if (count <= maxRefusedSubscriptions) return done(null, null);
      if (count === maxRefusedSubscriptions + 1) turnedAway('TOO_MANY_SUBSCRIPTIONS', { device: client.id });
      done(new Error('asks to hear too much'));
    },
  });
  const admission: Admission = openAdmission({
    gateway,
    register,
    claims,
    operator: options.operator,
    requireCertificate: tls?.requireCertificate ?? false,
    certificateOf: (client) => listeners.certificateOf(client.conn as Socket),
    isOverTls: (client) => 'encrypted' in client.conn,
    onAdmitted: (client) => listeners.identified(client.conn as Socket),
    onTurnedAway: turnedAway,
    connected: () => Object.values(clientsOf(broker)),
  });
  const gate = newRateGate({
    limitOf: limitOfDevice(register, limits, logger),
    onHeld(device) {
      options.events?.onRateLimited(device);
      logger.warn({ device }, 'a device sends too fast: its messages wait, unacknowledged');
    },
    keepAlive: (device) => keepAlive(clientsOf(broker)[device]),
  });
  const inFlight = new WeakMap<Client, number>();
  const subscriptions = new WeakMap<Client, number>();

  let hasLooked = false;
  /** Once a turn of the loop: one read of a connection brings hundreds of messages. */
  function look(): void {
    if (hasLooked) return;
    hasLooked = true;
    setImmediate(() => (hasLooked = false));
    try {
      admission.lookAgain();
    } catch (error) {
      logger.error({ err: error }, 'the device register cannot be read; who is connected stays for now');
    }
  }

  function refusalOf(client: Client): TurnedAwayReason | undefined {
    // Acknowledgements would pile up here without a bound; aedes does not look.
    if ('writableNeedDrain' in client.conn && client.conn.writableNeedDrain) return 'ACKNOWLEDGEMENTS_UNREAD';
    return (inFlight.get(client) ?? 0) >= maxInFlight ? 'TOO_MANY_IN_FLIGHT' : undefined;
  }

  function deliver(
    client: Client,
    topic: string,
    payload: Buffer,
    done: (error?: Error | null) => void,
  ): void {
    if (closing) return;
    const { claimants } = admission;
    if (claimants?.isOne(client)) {
      claimants.take(client, topic, payload).then(() => done(null), done);
      return;
    }
    const kind = topicKind(topic, gateway, client.id);
    if (kind === 'status') {
      logger.info({ device: client.id, status: payload.subarray(0, 64).toString() }, 'device status');
      onStatus?.(client.id, payload);
      return done(null);
    }
    intake
      .take(client.id, payload, kind === 'up' ? undefined : foreignTopic(topic))
      .then(() => done(null), done);
  }

  broker.on('clientError', (client, error) => {
    // Once a connection: every message on its way would say again that the connection is closed.
    if (!client.closed) logger.warn({ device: client.id, err: error }, 'device connection failed');
  });
  broker.on('connectionError', (client, error) => {
    if (/connect did not arrive/.test(error.message)) turnedAway('NO_CONNECT', addressOf(client));
    else logger.warn({ err: error }, 'connection refused');
  });
  // aedes' own timers report here, and without a listener would end the process.
  (broker as EventEmitter).on('error', (error: unknown) =>
    logger.error({ err: error }, 'the MQTT broker failed in the background'),
  );

  const listeners = await openListeners({
    host,
    port,
    tls,
    limits,
    connectTimeoutMs: limits.connectTimeoutMs,
    onConnection: (socket) => void broker.handle(socket),
    onTurnedAway: (reason, { address, error }) => turnedAway(reason, { address, err: error }),
    onError: (error) => logger.error({ err: error }, 'a connection could not be accepted'),
  });
  const looking = setInterval(look, lookMs);

  return {
    port: listeners.port,
    tlsPort: listeners.tlsPort,
    connectedDevices: () => broker.connectedClients,
    rateLimited: () => gate.limited(),
    publishAlarm(notice) {
      const packet = {
        cmd: 'publish',
        topic: alarmTopic(gateway),
        payload: Buffer.from(notice),
        qos: 1,
      } as const;
      broker.publish({ ...packet, dup: false, retain: false }, (error) => {
        if (error) logger.error({ err: error }, 'an alarm could not be published');
      });
    },
    async close() {
      closing = true;
      clearInterval(looking);
      gate.close();
      const closed = listeners.stopListening();
      await intake.idle();
      // The last commit's acknowledgements are written in the turn after it.
      await nextTurn();
      await listeners.endConnections();
      await new Promise<void>((resolve) => broker.close(resolve));
      await closed;
    },
  };
}

/** How soon a silent connection ends whose credential another process withdrew. One pragma each time. */
const lookMs = 500;

/** aedes keeps them by client id, and its types do not say so. */
function clientsOf(broker: Aedes): Record<string, Client> {
  return (broker as unknown as { clients: Record<string, Client> }).clients;
}

/** A device that is not read from cannot be heard to be alive: aedes' keep-alive starts anew. */
function keepAlive(client: Client | undefined): void {
  const timers = client as unknown as Record<string, NodeJS.Timeout | null> | undefined;
  timers?.['_keepaliveTimer']?.refresh();
}

/**
 * Leaves aedes nothing of a message that we take. Nobody may listen, so it is not handed on: to a `$SYS` topic aedes
 * itself listens, and closes other devices' connections at its word. Nothing is retained (protocol section 2), and QoS 2
 * holds packets until PUBREL, for which their number is enough.
 */
function leaveNothing(packet: PublishPacket): void {
  packet.topic = 'taken';
  packet.payload = Buffer.alloc(0);
  packet.retain = false;
}

function addressOf(client: Client): { address?: string | undefined } {
  return 'remoteAddress' in client.conn ? { address: client.conn.remoteAddress } : {};
}

function foreignTopic(topic: string): RefusedMessage {
  return {
    code: 'IDENTITY_MISMATCH',
    detail: `published to ${shorten(topic)}, which is not this device's topic`,
  };
}

/** What strangers call themselves may have 64 KiB, and goes to the log. */
function shorten(name: string): string {
  return name.slice(0, 100);
}
