import { X509Certificate } from 'node:crypto';
import { type DetailedPeerCertificate, connect } from 'node:tls';
import { SimulatorError } from '../simulator-error.ts';

/** How long a gateway may take for a handshake. */
const timeoutMs = 10_000;

/**
 * The gateway's authority, PEM, as the gateway itself shows it: believed because its fingerprint is the one that the owner
 * gave the device, not because of who showed it.
 * @param pin SHA-256 of its DER, unpadded base64url
 * @throws SimulatorError CLAIM where the gateway shows another one
 */
export function fetchAuthority(url: string, pin: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: hostname.replaceAll(/[[\]]/g, ''),
        port: Number(port),
        rejectUnauthorized: false,
        timeout: timeoutMs,
      },
      () => {
        const found = findPinned(socket.getPeerCertificate(true), pin);
        socket.destroy();
        if (found !== undefined) return resolve(found);
        reject(
          new SimulatorError(
            'CLAIM',
            `${url} is not the gateway of the provisioning string: its authority is another`,
          ),
        );
      },
    );
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', (cause: Error) =>
      reject(new SimulatorError('CLAIM', `${url} cannot be reached over TLS: ${cause.message}`, { cause })),
    );
  });
}

function findPinned(leaf: DetailedPeerCertificate, pin: string): string | undefined {
  // A self-signed certificate names itself as its issuer.
  const seen = new Set<DetailedPeerCertificate>();
  for (let one = leaf; one?.raw !== undefined && !seen.has(one); one = one.issuerCertificate) {
    seen.add(one);
    const fingerprint = Buffer.from(one.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    if (fingerprint === pin) return new X509Certificate(one.raw).toString();
  }
  return undefined;
}
