import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { Intake } from '../accept/intake.ts';
import { enrolDevice, openDeviceRegister } from '../devices/device-register.ts';
import { openStore } from '../keep/store.ts';
import { enrolmentOf, newTestDevice } from '../test-device.ts';
import { newTestStore } from '../test-store.ts';
import { openEmbeddedBroker } from './embedded-broker.ts';
import { openOperator, renewOperatorToken } from './operator.ts';

const north = newTestDevice('north');
const topic = 'ty/v1/gw/alarm';

async function openTestBroker() {
  const { store, dataDir, remove } = newTestStore();
  const other = openStore(dataDir);
  enrolDevice(store, enrolmentOf(north), 0);
  const taken: string[] = [];
  const intake: Pick<Intake, 'take' | 'idle'> = {
    take(device) {
      taken.push(device);
      return Promise.resolve({ code: 'DUPLICATE' });
    },
    idle: () => Promise.resolve(),
  };
  const broker = await openEmbeddedBroker({
    gateway: 'gw',
    host: '127.0.0.1',
    port: 0,
    register: openDeviceRegister(store),
    intake,
    operator: openOperator(store),
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(async () => {
    await broker.close();
    other.close();
    remove();
  });
  const connect = async (options: IClientOptions) => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      reconnectPeriod: 0,
      ...options,
    });
    client.on('error', () => {});
    onTestFinished(() => client.endAsync(true));
    return client;
  };
  return { broker, connect, taken, renew: () => renewOperatorToken(other) };
}

const closing = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

test('an operator hears alarms, and a device does not', async () => {
  const { broker, connect, renew } = await openTestBroker();
  const operator = await connect({ clientId: 'operator:phone', username: 'operator', password: renew() });
  const device = await connect({ clientId: north.id, username: north.id, password: north.token });
  expect(await operator.subscribeAsync(topic, { qos: 1 })).toMatchObject([{ topic, qos: 1 }]);
  for (const [client, filter] of [
    [device, topic],
    [device, '#'],
    [operator, '#'],
    [operator, 'ty/v1/gw/north/up'],
    [operator, 'ty/v1/gw/+'],
  ] as const)
    await expect(client.subscribeAsync(filter)).rejects.toThrow(/./);
  device.on('message', () => expect.unreachable('a device heard an alarm'));
  const heard = new Promise<[string, Buffer]>((resolve) =>
    operator.once('message', (...said) => resolve([said[0], said[1]])),
  );
  broker.publishAlarm('{"type":"alarm.raised"}');
  const [at, payload] = await heard;
  expect([at, payload.toString()]).toEqual([topic, '{"type":"alarm.raised"}']);
});

test('an operator says nothing: who tries is cut off, and nothing of it is taken', async () => {
  const { connect, taken, renew } = await openTestBroker();
  const operator = await connect({ clientId: 'operator:phone', username: 'operator', password: renew() });
  const closed = closing(operator);
  operator.publish('ty/v1/gw/north/up', 'anything', { qos: 1 });
  await closed;
  expect(taken).toEqual([]);
});

test('nobody is an operator without the token, and a renewed one ends the one before', async () => {
  const { connect, renew } = await openTestBroker();
  const wrong = { clientId: 'operator:phone', username: 'operator', password: 'guess' };
  await expect(connect(wrong)).rejects.toThrow('Not authorized');
  const token = renew();
  await expect(connect({ ...wrong, username: 'north', password: token })).rejects.toThrow('Not authorized');
  await expect(connect({ clientId: 'north', username: 'operator', password: token })).rejects.toThrow(/./);
  await expect(
    connect({ clientId: 'operator:x', username: north.id, password: north.token }),
  ).rejects.toThrow(/./);
  const operator = await connect({ ...wrong, password: token });
  const closed = closing(operator);
  renew();
  await closed;
  await expect(connect({ ...wrong, password: token })).rejects.toThrow('Not authorized');
});
