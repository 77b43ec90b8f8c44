import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt, { type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import type { Intake } from '../accept/intake.ts';
import { fullJitterMs } from '../deliver/backoff.ts';
import type { LinkHealth } from '../deliver/link-health.ts';
import { GatewayError } from '../gateway-error.ts';
import type { BrokerAddress } from './broker-address.ts';
import { alarmTopic } from './operator.ts';
import { parseDeviceTopic } from './topics.ts';

export type ExternalBroker = {
  /** 0: nothing is listened on here */
  port: 0;
  tlsPort: undefined;
  /** it slows nobody down: that is the broker's own */
  rateLimited: () => string[];
  /** who is connected to it only the broker knows */
  connectedDevices: () => number;
  /** Publishes an alarm to whoever listens at the broker; what it refuses is in the gateway's own log all the same. */
  publishAlarm: (notice: string) => void;
  /** lets what was taken be decided and acknowledged, then leaves; the broker keeps what comes meanwhile */
  close: () => Promise<void>;
};

/** Unacknowledged messages that the broker may have on their way to us: 16 KiB each, so 1 MiB. */
const receiveMaximum = 64;
/** How long the broker keeps what came while we were away: a week, in seconds. MQTT 5 only; others keep it by their own rule. */
const sessionExpirySeconds = 7 * 24 * 3600;
/** A thousand gateways of one broker do not come back together; no device's message waits there longer than this for us. */
const reconnect = { initialMs: 2_000, maxMs: 30_000 };
const connectTimeoutMs = 20_000;
/** Larger than any message, so that one that is too large is refused by its code; smaller than what would hurt a board. */
const maximumPacketSize = 256 * 1024;
/** How long a broker may take what is still to be published when the agent stops. */
const farewellMs = 2_000;
const qos = 1;

/**
 * Takes devices' messages from a broker that somebody else runs. Whose message it is says the topic, so the broker must
 * see to it that a device publishes to its own only (deploy/mosquitto.conf). A message is acknowledged to the broker when
 * it is on disk here, and the session is persistent: the broker brings again what was not. What a device's PUBACK means is
 * the broker's promise, not ours.
 *
 * MQTT.js acknowledges after `handleMessage`, and hands over the next message only then: one message a commit. A message
 * that could not be kept gets no answer at all and the connection ends, since a broker brings it again only over a new one.
 *
 * @throws GatewayError CONFIG where a file cannot be read; a broker that is away is waited for
 */
export function openExternalBroker(options: {
  gateway: string;
  address: BrokerAddress;
  intake: Pick<Intake, 'take' | 'idle'>;
  /** told what a device says of itself, its last will included */
  onStatus?: (device: string, payload: Uint8Array) => void;
  /** told how the link to the broker fares */
  health: LinkHealth;
  logger: Logger;
}): ExternalBroker {
  const { gateway, address, intake, onStatus, health, logger } = options;
  let closing = false;
  let failures = 0;
  /** why the connection that ends now does */
  let trouble: unknown;
  // MQTT.js takes 0 for never.
  const nextReconnectMs = (): number => 1 + fullJitterMs(failures, reconnect);

  const client = mqtt.connect(address.url, {
    // One gateway, one session: a second agent of that name takes it over, and the broker ends the first.
    clientId: `tianyuan-gateway-${gateway}`,
    protocolVersion: 5,
    clean: false,
    properties: { receiveMaximum, maximumPacketSize, sessionExpiryInterval: sessionExpirySeconds },
    resubscribe: false,
    reconnectPeriod: nextReconnectMs(),
    // A broker that is just starting, or an account that is just being corrected: not the end, as it is by itself.
    reconnectOnConnackError: true,
    connectTimeout: connectTimeoutMs,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.passwordFile !== undefined && { password: read(address.passwordFile).toString().trim() }),
    ...(address.caFile !== undefined && { ca: read(address.caFile) }),
    ...(address.certFile !== undefined && { cert: read(address.certFile) }),
    ...(address.keyFile !== undefined && { key: read(address.keyFile) }),
  });

  client.handleMessage = (packet: IPublishPacket, done: (error?: Error) => void): void => {
    // Not acknowledged any more: the broker brings it to the next start.
    if (closing) return;
    void take(packet).then(
      () => done(),
      () => client.stream.destroy(),
    );
  };

  async function take({ topic, payload }: IPublishPacket): Promise<void> {
    const { device, kind } = parseDeviceTopic(topic, gateway);
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (kind === 'status') {
      logger.info({ device, status: bytes.subarray(0, 64).toString() }, 'device status');
      onStatus?.(device, bytes);
    } else if (kind === 'up') {
      await intake.take(device, bytes);
    }
  }

  client.on('connect', (connack: IConnackPacket) => {
    logger.info({ broker: address.url, resumed: connack.sessionPresent }, 'the MQTT broker is reached');
    void subscribe(client, gateway).then(
      () => {
        failures = 0;
        client.options.reconnectPeriod = nextReconnectMs();
        health.succeeded();
      },
      (error: unknown) => {
        trouble = error;
        logger.error({ err: error }, 'the MQTT broker refuses the subscription: nothing comes in');
        client.stream.destroy();
      },
    );
  });
  client.on('error', (error) => {
    trouble = error;
    logger.warn({ err: error, broker: address.url }, 'the MQTT broker refuses');
  });
  client.on('close', () => {
    if (closing) return;
    health.failed(trouble ?? new Error('the connection ended'));
    trouble = undefined;
    failures += 1;
    logger.warn({ broker: address.url }, 'the MQTT broker is not reached; it is tried again');
  });
  // Emitted before each try; what is set here is the wait after it, should it fail.
  client.on('reconnect', () => (client.options.reconnectPeriod = nextReconnectMs()));

  return {
    port: 0,
    tlsPort: undefined,
    rateLimited: () => [],
    connectedDevices: () => 0,
    publishAlarm(notice) {
      client.publish(alarmTopic(gateway), notice, { qos }, (error) => {
        if (error) logger.error({ err: error }, 'an alarm could not be published');
      });
    },
    async close() {
      closing = true;
      await intake.idle();
      // Waits for what is still to be published, an alarm say; a broker that is away never takes it, and the log has it.
      await Promise.race([client.endAsync(), delay(farewellMs, undefined, { ref: false })]);
      await client.endAsync(true);
    },
  };
}

async function subscribe(client: MqttClient, gateway: string): Promise<void> {
  const topics = [`ty/v1/${gateway}/+/up`, `ty/v1/${gateway}/+/status`];
  const granted = await client.subscribeAsync(topics, { qos });
  const refused = granted.filter((one) => one.qos !== qos).map(({ topic }) => topic);
  if (refused.length > 0) {
    throw new GatewayError(
      'CONFIG',
      `the MQTT broker does not grant ${refused.join(' and ')} with QoS 1: correct the access rules of this gateway's account`,
    );
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new GatewayError('CONFIG', `${file} cannot be read, which \`broker\` names`, { cause });
  }
}
