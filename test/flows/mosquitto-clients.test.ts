import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import mqttPacket from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { has, pathOf } from '../components.ts';
import { readGateway } from '../faults/read-gateway.ts';
import { type BenchDevice, type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';

const run = promisify(execFile);

// The MQTT 3.1.1 behaviours that devices rely on, with the clients that everybody has.
describe.skipIf(!has('mosquitto_pub'))("mosquitto's clients at the gateway's own broker", () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await startGateway(2);
  });
  afterAll(() => gateway?.stop());

  const payload = (device: BenchDevice, seq: number) =>
    Buffer.from(
      signFor(device, {
        boot: 1,
        seq,
        time: 1_795_000_000_000,
        readings: [{ type: 'temperature', value: 4_000 + seq }],
      }),
    ).toString();

  const asDevice = ({ id, token }: BenchDevice) =>
    `-h 127.0.0.1 -p ${gateway.mqttPort} -i ${id} -u ${id} -P ${token}`.split(' ');

  const seqsOf = ({ id }: BenchDevice) =>
    (readGateway(gateway.dataDir).countersByDevice.get(id) ?? []).map(([, seq]) => seq);

  /** mosquitto_pub that stays connected and publishes each line it is given. */
  function speak(device: BenchDevice, ...options: string[]): ChildProcess {
    const child = spawn(pathOf('mosquitto_pub'), [
      ...asDevice(device),
      ...`-q 1 -l -t ${gateway.topic(device)}`.split(' '),
      ...options,
    ]);
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  test('lines of one connection are logged in order, and the client is told of each', async () => {
    const device = gateway.devices[0]!;
    const client = speak(device);
    for (let seq = 1; seq <= 20; seq++) client.stdin!.write(`${payload(device, seq)}\n`);
    client.stdin!.end();
    const [code] = (await once(client, 'exit')) as [number];
    expect(code).toBe(0); // mosquitto_pub waits for every PUBACK
    expect(seqsOf(device)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test('a second connection of a device takes over, and both may have spoken', async () => {
    const device = gateway.devices[1]!;
    const first = speak(device);
    first.stdin!.write(`${payload(device, 1)}\n`);
    await vi.waitFor(() => expect(seqsOf(device)).toEqual([1]), { timeout: 10_000 });
    const second = speak(device);
    second.stdin!.write(`${payload(device, 2)}\n`);
    await vi.waitFor(() => expect(seqsOf(device)).toEqual([1, 2]), { timeout: 10_000 });
    expect(await connected()).toBe(1);
  });

  test('a device that was killed has its last will said, and one that falls silent is cut after one and a half keep-alives', async () => {
    const device = gateway.devices[0]!;
    const will = ['--will-topic', gateway.topic(device), '--will-qos', '1', '--will-payload'];
    const client = speak(device, ...will, payload(device, 21));
    await vi.waitFor(async () => expect(await connected()).toBeGreaterThan(0), { timeout: 10_000 });
    client.kill('SIGKILL');
    await vi.waitFor(() => expect(seqsOf(device)).toContain(21), { timeout: 10_000 });

    const silent = connect(gateway.mqttPort, '127.0.0.1');
    silent.write(
      mqttPacket.generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: device.id,
        username: device.id,
        password: Buffer.from(device.token),
        keepalive: 1,
        will: {
          topic: gateway.topic(device),
          payload: Buffer.from(payload(device, 22)),
          qos: 1,
          retain: false,
        },
      }),
    );
    silent.resume();
    await once(silent, 'close');
    await vi.waitFor(() => expect(seqsOf(device)).toContain(22), { timeout: 10_000 });
  });

  test('mosquitto_sub hears nothing, of itself, of others, or of the broker', async () => {
    const device = gateway.devices[0]!;
    for (const topic of [gateway.topic(device), '#', '$SYS/#', gateway.topic(gateway.devices[1]!)]) {
      const args = [...asDevice(device), '-q', '1', '-t', topic, '-C', '1'];
      expect(await run(pathOf('mosquitto_sub'), args)).toEqual({
        stdout: '',
        stderr: 'All subscription requests were denied.\n',
      });
    }
  });

  test('a stranger, a wrong token and a foreign name are refused with code 5', async () => {
    const [one, other] = gateway.devices as [BenchDevice, BenchDevice];
    for (const [id, user, token] of [
      ['nobody', 'nobody', 'nothing'],
      [one.id, one.id, other.token],
      [one.id, other.id, other.token],
    ] as const) {
      const args = `-h 127.0.0.1 -p ${gateway.mqttPort} -i ${id} -u ${user} -P ${token} -t x -m x`;
      await expect(run(pathOf('mosquitto_pub'), args.split(' '))).rejects.toMatchObject({
        stderr: expect.stringContaining('not authorised') as string,
      });
    }
  });

  async function connected(): Promise<number> {
    return ((await gateway.status()) as unknown as { connectedDevices: number }).connectedDevices;
  }
});
