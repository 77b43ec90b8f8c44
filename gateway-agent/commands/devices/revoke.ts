import { Command } from 'commander';
import { GatewayError } from '../../gateway-error.ts';
import { revokeCertificates } from '../../devices/certificates.ts';
import { requireDevice } from '../../devices/device-keys.ts';
import { revokeDevice } from '../../devices/revoke-device.ts';
import { dataDirOption, deviceArgument, say, wholeArgument, withStore } from './options.ts';

type Flags = { dataDir: string; key?: number; certificate?: string; fromIndex?: number };

export function revokeCommand(): Command {
  return new Command('revoke')
    .description(
      'Refuse a device from now on, also on a connection that is open: its token, its certificates and all of its keys.',
    )
    .argument('<id>', 'which device', deviceArgument)
    .addOption(dataDirOption())
    .option('--key <n>', 'only this key', wholeArgument)
    .option('--certificate <serial>', 'only this certificate, by its serial number')
    .option(
      '--from-index <n>',
      "what it signed from this entry of the gateway's log on does not count either (default: what is anchored stays)",
      wholeArgument,
    )
    .action((device: string, flags: Flags) =>
      withStore(flags.dataDir, (store) => {
        const now = Date.now();
        if (flags.certificate !== undefined) {
          requireDevice(store, device);
          if (revokeCertificates(store, device, flags.certificate.toLowerCase(), now) === 0)
            throw new GatewayError(
              'DEVICE',
              `${device} has no certificate ${flags.certificate} that still counts`,
            );
          say(`certificate ${flags.certificate} of ${device} is revoked\n`);
          return;
        }
        const keys = revokeDevice(store, { device, key: flags.key, fromIndex: flags.fromIndex }, now);
        const what =
          flags.key === undefined ? `${device} is revoked` : `key ${flags.key} of ${device} is revoked`;
        say(`${what}${keys.length === 0 ? '; no key of it counted any more' : `: key ${keys.join(', ')}`}\n`);
      }),
    );
}
