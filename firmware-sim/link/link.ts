import mqtt, { type MqttClient } from 'mqtt';
import type { StoredPublication } from '../state/outbox.ts';
import { fullJitter } from './full-jitter.ts';

/**
 * Unacknowledged messages at a time. TCP and the broker keep their order, and MQTT.js sends them again in that order, one
 * by one, before `connect` is emitted on a new connection (MQTT-4.4.0-1, MQTT-4.6.0-1). Eight are enough to fill a
 * backlog through a slow link, and few enough for the memory of a small device.
 */
const window = 8;
/** So that a gateway learns of a dead device within 45 s: the broker waits one and a half times this. */
const keepaliveSeconds = 30;
/** How long a broker has to answer a DISCONNECT by closing. */
const closeMs = 2_000;
/** Connections in a row that ended before anything was acknowledged, until it is a matter for people. */
const suspiciousCloses = 3;

export type LinkDuties = {
  /** The stored messages after an id, oldest first. */
  after: (id: number, limit: number) => StoredPublication[];
  sent: (publication: StoredPublication) => void;
  acknowledged: (publication: StoredPublication) => void;
  up: () => void;
  down: () => void;
  failed: (error: Error & { code?: string | number }) => void;
  /** The broker keeps closing the connection before it acknowledges anything. */
  rejected: () => void;
};

/**
 * A device's connection to its gateway: it takes messages from the device's store in order, publishes them with QoS 1, and
 * tells of each PUBACK. It reconnects for ever. MQTT 3.1.1, as small devices speak it.
 */
export class Link {
  readonly #client: MqttClient;
  readonly #duties: LinkDuties;
  readonly #topic: { up: string; status: string };
  #admitted = false;
  #online = false;
  #closing = false;
  #sentId = 0;
  #inFlight = 0;
  #attempt = 0;
  #fruitless = 0;

  constructor(
    setting: {
      broker: string;
      gateway: string;
      device: string;
      token: string;
      /** PEM of the gateway's own authority, where the device was given one: whom to believe over TLS */
      authority?: string | undefined;
    },
    duties: LinkDuties,
  ) {
    const { broker, gateway, device, token, authority } = setting;
    this.#duties = duties;
    this.#topic = { up: `ty/v1/${gateway}/${device}/up`, status: `ty/v1/${gateway}/${device}/status` };
    this.#client = mqtt.connect(broker, {
      clientId: device,
      username: device,
      password: token,
      clean: false,
      protocolVersion: 4,
      keepalive: keepaliveSeconds,
      reconnectPeriod: this.#retryMs(),
      // A device that is not enrolled yet may be so in a minute.
      reconnectOnConnackError: true,
      // Whoever that authority vouches for is the gateway, wherever it is.
      ...(authority !== undefined && { ca: authority, checkServerIdentity: () => undefined }),
      will: { topic: this.#topic.status, payload: Buffer.from('offline'), qos: 1, retain: false },
    });
    // `connect` comes after what was in flight has been acknowledged, CONNACK before: the two tell apart a broker that
    // does not let the device in from one that does not take what it says.
    this.#client.on('packetreceive', (packet) => {
      if (packet.cmd === 'connack') this.#admitted = packet.returnCode === 0;
    });
    this.#client.on('connect', () => this.#connected());
    this.#client.on('close', () => this.#closed());
    this.#client.on('reconnect', () => {
      this.#attempt++;
      this.#client.options.reconnectPeriod = this.#retryMs();
    });
    this.#client.on('error', (error) => {
      if (!this.#closing) duties.failed(error);
    });
  }

  get online(): boolean {
    return this.#online;
  }

  /** The last stored message that was handed over; what follows may still be overwritten. */
  get sentId(): number {
    return this.#sentId;
  }

  /** Sends what is stored, as far as the window lets. */
  pump(): void {
    while (this.#online && !this.#closing && this.#inFlight < window) {
      const publications = this.#duties.after(this.#sentId, window - this.#inFlight);
      if (publications.length === 0) return;
      for (const publication of publications) this.#publish(publication);
    }
  }

  /** Says goodbye where it can. With messages in flight it hangs up instead, and the broker publishes the last will. */
  async close(): Promise<void> {
    this.#closing = true;
    const politely = this.#online && this.#inFlight === 0;
    // A DISCONNECT makes the broker forget the last will (MQTT-3.14.4-3), so the device says it itself.
    if (politely) this.#client.publish(this.#topic.status, 'offline');
    const timer = setTimeout(() => this.#client.stream.destroy(), closeMs);
    await this.#client.endAsync(!politely);
    clearTimeout(timer);
  }

  #connected(): void {
    this.#online = true;
    this.#client.publish(this.#topic.status, 'online');
    this.#duties.up();
    this.pump();
  }

  #closed(): void {
    const admitted = this.#admitted;
    const online = this.#online;
    this.#admitted = this.#online = false;
    if (this.#closing) return;
    if (online) this.#duties.down();
    if (admitted && ++this.#fruitless === suspiciousCloses) this.#duties.rejected();
  }

  #publish(publication: StoredPublication): void {
    this.#sentId = publication.id;
    this.#inFlight++;
    this.#duties.sent(publication);
    this.#client.publish(this.#topic.up, Buffer.from(publication.payload), { qos: 1 }, (error) => {
      this.#inFlight--;
      if (error) {
        // Not acknowledged, hence still stored: it and what came after it are sent again, and the gateway deduplicates.
        this.#sentId = Math.min(this.#sentId, publication.id - 1);
        return;
      }
      // Only a PUBACK shows that this broker works: one that hangs up after each CONNACK must not be asked at full speed.
      this.#attempt = 0;
      this.#fruitless = 0;
      this.#duties.acknowledged(publication);
      this.pump();
    });
  }

  #retryMs(): number {
    return fullJitter(this.#attempt, Math.random);
  }
}
