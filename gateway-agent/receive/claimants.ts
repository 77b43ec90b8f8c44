import type { Client, PublishPacket } from 'aedes';
import type { ClaimDesk } from '../devices/claim-desk.ts';

/** A connection whose device is known by nothing but a claim token: it may show its claim, and hear the answer. */
export type Claimants = {
  admit: (client: Client) => void;
  isOne: (client: Client) => boolean;
  /** The claim that a claimant published; rejects for anything else, which ends the connection. */
  take: (client: Client, topic: string, payload: Buffer) => Promise<void>;
  /** whether this is where a claimant hears its answer */
  mayHear: (client: Client, topic: string) => boolean;
  /** tells those who wait what has been decided meanwhile */
  lookAgain: () => void;
};

/** `ty/v1/{gateway}/{device}/claim` and `…/claimed`, section 10 of docs/protocol.md */
export function newClaimants(gateway: string, desk: ClaimDesk): Claimants {
  const topicOf = ({ id }: Client, last: 'claim' | 'claimed') => `ty/v1/${gateway}/${id}/${last}`;
  /** what each has shown and waits for */
  const waiting = new Map<Client, Buffer>();
  const all = new WeakSet<Client>();

  async function answer(client: Client, payload: Buffer, isFirst: boolean): Promise<void> {
    const said = await desk.present(payload);
    if (client.closed) return;
    if (said.state === 'waiting') waiting.set(client, payload);
    else waiting.delete(client);
    if (said.state === 'waiting' && !isFirst) return;
    const packet: PublishPacket = {
      cmd: 'publish',
      topic: topicOf(client, 'claimed'),
      payload: Buffer.from(JSON.stringify(said)),
      qos: 0,
      dup: false,
      retain: false,
    };
    // aedes calls the callback that its types make optional.
    client.publish(packet, () => {});
  }

  return {
    admit: (client) => void all.add(client),
    isOne: (client) => all.has(client),
    async take(client, topic, payload) {
      if (topic !== topicOf(client, 'claim'))
        throw new Error('who has a claim token only may publish to its claim topic only');
      await answer(client, payload, true);
    },
    mayHear: (client, topic) => all.has(client) && topic === topicOf(client, 'claimed'),
    lookAgain() {
      for (const [client, payload] of waiting) {
        if (client.closed) waiting.delete(client);
        // Without an answer nothing changed for the device: it asks again some day, or connects anew.
        else void answer(client, payload, false).catch(() => {});
      }
    },
  };
}
