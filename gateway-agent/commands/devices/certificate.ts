import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { GatewayError } from '../../gateway-error.ts';
import { openAuthority } from '../../devices/certificate-authority.ts';
import { rememberCertificate } from '../../devices/certificates.ts';
import { requireDevice } from '../../devices/device-keys.ts';
import { createSecretFile } from '../../devices/secret-file.ts';
import { dataDirOption, deviceArgument, say, withStore } from './options.ts';

export function certificateCommand(): Command {
  return new Command('certificate')
    .description(
      "Issue a client certificate for a device that is enrolled: its key, the certificate and the authority's, as PEM files.",
    )
    .argument('<id>', 'which device', deviceArgument)
    .addOption(dataDirOption())
    .requiredOption('--out <dir>', 'where to write <id>.key (readable by you only), <id>.crt and ca.crt')
    .action((device: string, { dataDir, out }: { dataDir: string; out: string }) =>
      withStore(dataDir, async (store) => {
        requireDevice(store, device);
        const authority = (await openAuthority(dataDir, { create: true }))!;
        const issued = await authority.issueDevice(device);
        mkdirSync(out, { recursive: true });
        const keyFile = join(out, `${device}.key`);
        try {
          createSecretFile(keyFile, issued.privateKey);
        } catch (cause) {
          throw new GatewayError('DEVICE', `${keyFile} cannot be written: ${(cause as Error).message}`, {
            cause,
          });
        }
        writeFileSync(join(out, `${device}.crt`), issued.certificate);
        writeFileSync(join(out, 'ca.crt'), authority.certificate);
        // Last: a certificate that nobody has lets nobody in.
        rememberCertificate(store, device, issued, Date.now());
        say(`${keyFile}, ${device}.crt and ca.crt; serial ${issued.serial}\n`);
      }),
    );
}
