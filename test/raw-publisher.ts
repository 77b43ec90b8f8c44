import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import mqttPacket from 'mqtt-packet';

/**
 * The thinnest MQTT publisher there is, so that a benchmark measures the gateway and not its loader: packets are built
 * beforehand and written to a bare socket, and PUBACKs are counted four bytes at a time.
 */
export type RawPublisher = {
  /** Sends all packets, `window` unacknowledged at the most, and resolves when every one is acknowledged. */
  sendAll: (packets: readonly Buffer[], window: number) => Promise<void>;
  /** Sends one packet now, whatever is in flight, and resolves at its PUBACK: they come back in order. */
  sendQueued: (packet: Buffer) => Promise<void>;
  close: () => void;
};

export async function openRawPublisher(port: number, device: string, token: string): Promise<RawPublisher> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  socket.write(
    mqttPacket.generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: device,
      username: device,
      password: Buffer.from(token),
      keepalive: 0,
    }),
  );
  const [connack] = (await once(socket, 'data')) as [Buffer];
  if (connack[0] !== 0x20 || connack[3] !== 0)
    throw new Error(`${device}: the gateway refused the connection`);

  let rest: Buffer = Buffer.alloc(0);
  let onAcks: (count: number) => void = () => {};
  let failed: (error: Error) => void = () => {};
  const waiting: (() => void)[] = [];
  socket.on('data', (data: Buffer) => {
    const bytes = rest.length === 0 ? data : Buffer.concat([rest, data]);
    const whole = bytes.length - (bytes.length % 4);
    for (let i = 0; i < whole; i += 4) {
      if (bytes[i] !== 0x40)
        return failed(new Error(`${device}: packet type ${bytes[i]! >> 4} where a PUBACK was due`));
    }
    rest = bytes.subarray(whole);
    onAcks(whole / 4);
  });
  socket.on('close', () => failed(new Error(`${device}: the gateway closed the connection`)));
  socket.on('error', (error) => failed(error));

  return {
    sendAll: (packets, window) =>
      new Promise((resolve, reject) => {
        failed = reject;
        let sent = 0;
        let acknowledged = 0;
        const fill = (): void => {
          const upTo = Math.min(packets.length, acknowledged + window);
          if (sent === upTo) return;
          socket.write(Buffer.concat(packets.slice(sent, upTo)));
          sent = upTo;
        };
        onAcks = (count) => {
          acknowledged += count;
          if (acknowledged === packets.length) resolve();
          else if (sent - acknowledged <= window / 2) fill();
        };
        fill();
      }),
    sendQueued(packet) {
      return new Promise((resolve, reject) => {
        failed = reject;
        waiting.push(resolve);
        onAcks = (count) => {
          for (const acknowledge of waiting.splice(0, count)) acknowledge();
        };
        socket.write(packet);
      });
    },
    close() {
      failed = () => {};
      socket.destroy();
    },
  };
}

/** A QoS 1 PUBLISH, ready to be written. Message ids go round, as no more than `window` are in flight. */
export function publishPacket(topic: string, payload: Uint8Array, i: number): Buffer {
  return mqttPacket.generate({
    cmd: 'publish',
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    dup: false,
    retain: false,
    messageId: (i % 65_535) + 1,
  });
}
