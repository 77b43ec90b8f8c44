import { type ClaimAnswer, claimAnswerSchema } from '@tianyuan/protocol';
import mqtt from 'mqtt';
import { SimulatorError } from '../simulator-error.ts';
import type { ClaimTransport } from './transport.ts';

/** As often a device that lost its connection comes back while it waits for its owner. */
const reconnectMs = 2_000;

/** By MQTT 3.1.1: the claim token is the password, the claim goes to `…/claim`, the answer comes on `…/claimed`. */
export function claimOverMqtt(
  url: string,
  { gateway, device, token, ca }: { gateway: string; device: string; token: string; ca: string | undefined },
): ClaimTransport {
  return (payload, signal, onWaiting) =>
    new Promise((resolve, reject) => {
      const client = mqtt.connect(url, {
        clientId: device,
        username: device,
        password: token,
        protocolVersion: 4,
        reconnectPeriod: reconnectMs,
        // The authority is the gateway's own, so whoever it vouches for is the gateway, wherever it is.
        ...(ca !== undefined && { ca, checkServerIdentity: () => undefined }),
      });
      const end = (settle: () => void): void => {
        signal.removeEventListener('abort', abort);
        client.end(true, () => settle());
      };
      const fail = (why: string, cause?: unknown): void =>
        end(() => reject(new SimulatorError('CLAIM', why, { cause })));
      const abort = (): void => fail(`${device} was not approved in time; show the same string again later`);
      signal.addEventListener('abort', abort, { once: true });
      client.on('connect', () => {
        client.subscribe(`ty/v1/${gateway}/${device}/claimed`, { qos: 0 });
        client.publish(`ty/v1/${gateway}/${device}/claim`, Buffer.from(payload), { qos: 1 });
      });
      client.on('message', (_, message) => {
        const answer = readAnswer(message);
        if (answer === undefined) return fail(`${url} answered something that is no answer to a claim`);
        if (answer.state === 'waiting') return onWaiting();
        end(() => resolve(answer));
      });
      client.on('error', (error) => fail(`${url} refuses ${device}: ${error.message}`, error));
    });
}

export function readAnswer(bytes: Uint8Array): ClaimAnswer | undefined {
  try {
    return claimAnswerSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return undefined;
  }
}
