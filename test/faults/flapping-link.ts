import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** Chance as it was before a test that waits for no backoff took it away. */
const { random } = Math;

export type FlappingLink = {
  port: number;
  /** connections that were cut so far */
  cuts: () => number;
  /** from now on nothing is cut any more */
  mend: () => void;
  close: () => Promise<void>;
};

/**
 * A loopback link in front of a server that breaks: each connection is cut, in both directions at once, after a random
 * number of bytes, wherever in a packet that is, and what was under way is lost.
 */
export async function openFlappingLink(target: number, bytesUpTo: number): Promise<FlappingLink> {
  let isMended = false;
  let cuts = 0;
  const open = new Set<Socket>();

  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    let left = Math.ceil(random() * bytesUpTo);
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', cut);
      from.on('close', () => {
        open.delete(from);
        cut();
      });
      from.on('data', (bytes: Buffer) => {
        const passed = isMended ? bytes : bytes.subarray(0, left);
        left -= passed.length;
        to.write(passed);
        if (isMended || left > 0) return;
        cuts += 1;
        cut();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    mend: () => (isMended = true),
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
