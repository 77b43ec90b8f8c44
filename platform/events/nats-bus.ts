import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type NatsConnection, connect, nanos } from '@nats-io/transport-node';
import { withCorrelation } from '../http/correlation.ts';
import type { Logger } from '../http/logger.ts';
import { PlatformError } from '../platform-error.ts';
import type { EventEnvelope } from './event.ts';
import type { EventBus, EventHandler } from './event-bus.ts';

const stream = 'TIANYUAN';
const subjectPrefix = 'tianyuan.event';
const connectTimeoutMs = 5_000;
const dayMs = 24 * 3600_000;
/** Longer than a subscriber may be away: what is older is in the database of whoever published it. */
const keptMs = 30 * dayMs;
/** JetStream drops what is published again under one id within this time; the outbox tries again much sooner. */
const duplicateWindowMs = 10 * 60_000;
/** After this many refusals of one subscriber an event is given up for it, and an alarm says so. */
const mostDeliveries = 20;
const longestPauseMs = 60_000;
/** A handler that takes longer is taken for dead, and the event goes to another process of that name. */
const handlingMs = 60_000;

/**
 * The bus over NATS JetStream: one stream for all events, a durable consumer for each subscriber, the event's id as the
 * message's, so that publishing again stores nothing twice.
 * @param config.servers `nats://host:port`, several with commas between
 * @throws PlatformError BUS_UNREACHABLE
 */
export async function natsBus(config: { servers: string; logger: Logger }): Promise<EventBus> {
  const { logger } = config;
  const connection = await open(config.servers);
  const client = jetstream(connection);
  const running: { messages: ConsumerMessages; handled: Promise<void> }[] = [];
  return {
    async publish(event) {
      try {
        await client.publish(`${subjectPrefix}.${event.type}`, JSON.stringify(event), { msgID: event.id });
      } catch (cause) {
        throw new PlatformError('BUS_UNREACHABLE', `NATS did not take ${event.type} ${event.id}`, { cause });
      }
    },
    async subscribe(name, types, handle) {
      const messages = await consume(connection, client, name);
      const wanted = new Set(types);
      const handled = deliver(
        messages,
        name,
        (event) => (wanted.has(event.type) ? handle(event) : Promise.resolve()),
        logger,
      );
      running.push({ messages, handled });
    },
    async ping() {
      await connection.flush();
    },
    async close() {
      for (const { messages, handled } of running) {
        await messages.close();
        await handled;
      }
      await connection.drain();
    },
  };
}

async function open(servers: string): Promise<NatsConnection> {
  try {
    const connection = await connect({
      servers: servers.split(',').map((server) => server.trim()),
      timeout: connectTimeoutMs,
      name: 'tianyuan',
      maxReconnectAttempts: -1, // the outbox waits however long the broker is away
    });
    const manager = await jetstreamManager(connection);
    const wanted = {
      subjects: [`${subjectPrefix}.>`],
      max_age: nanos(keptMs),
      duplicate_window: nanos(duplicateWindowMs),
    };
    // Answers with the stream that there is where it is the same already.
    await manager.streams.add({ name: stream, ...wanted });
    return connection;
  } catch (cause) {
    throw new PlatformError(
      'BUS_UNREACHABLE',
      `the NATS server of NATS_URL does not answer, or has no JetStream (start it with --jetstream): ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Every type comes to every subscriber, in one order; choosing several by subject is only of NATS 2.10 and later. */
async function consume(
  connection: NatsConnection,
  client: JetStreamClient,
  name: string,
): Promise<ConsumerMessages> {
  try {
    const manager = await jetstreamManager(connection);
    await manager.consumers.add(stream, {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(handlingMs),
      max_ack_pending: 1, // one at a time, hence in order
      max_deliver: mostDeliveries,
    });
    const consumer = await client.consumers.get(stream, name);
    return await consumer.consume({ max_messages: 1 });
  } catch (cause) {
    throw new PlatformError('BUS_UNREACHABLE', `NATS does not let ${name} subscribe`, { cause });
  }
}

async function deliver(
  messages: ConsumerMessages,
  name: string,
  handle: EventHandler,
  logger: Logger,
): Promise<void> {
  for await (const message of messages) {
    try {
      const event = message.json<EventEnvelope>();
      await withCorrelation(event.correlation_id, () => handle(event));
      message.ack();
    } catch (error) {
      refuse(message, name, error, logger);
    }
  }
}

function refuse(message: JsMsg, subscriber: string, error: unknown, logger: Logger): void {
  const delivery = message.info.deliveryCount;
  const event = { subscriber, subject: message.subject, delivery };
  if (delivery >= mostDeliveries) {
    logger.error({ alarm: true, err: error, ...event }, 'ALARM: an event was given up for a subscriber');
    message.term();
    return;
  }
  logger.warn({ err: error, ...event }, 'a subscriber did not take an event and gets it again');
  message.nak(Math.min(1_000 * 2 ** (delivery - 1), longestPauseMs));
}
