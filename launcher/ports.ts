import { networkInterfaces } from 'node:os';
import getPort, { portNumbers } from 'get-port';

/** Where each part listens when nobody else does. */
const usual = { chain: 8545, mqtt: 1883, gateway: 8081, trace: 8080, national: 8095 } as const;

export type Ports = Record<keyof typeof usual, number>;

/** The usual ports, or the next free ones where somebody else has them, which is said. */
export async function choosePorts(say: (line: string) => void): Promise<Ports> {
  const ports: Ports = { ...usual };
  for (const part of Object.keys(usual) as (keyof Ports)[]) {
    const wanted = usual[part];
    ports[part] = await getPort({
      port: portNumbers(wanted, wanted + 50),
      exclude: Object.values(ports).filter((port) => port !== wanted),
    });
    if (ports[part] !== wanted)
      say(`port ${wanted} is taken by another program: the ${part} uses ${ports[part]}`);
  }
  return ports;
}

/** The address under which another device in the same network reaches what listens on `host`. */
export function reachableAddress(host: string): string {
  if (host !== '0.0.0.0') return host;
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';
}
