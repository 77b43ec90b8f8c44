import { Command } from 'commander';
import { GatewayError } from '../../gateway-error.ts';
import { approveClaim, withdrawClaims } from '../../devices/claims.ts';
import { requireDevice } from '../../devices/device-keys.ts';
import { exportEnrolment } from '../../devices/export-enrolment.ts';
import { keyFingerprint } from './list.ts';
import { dataDirOption, deviceArgument, rateArgument, say, wholeArgument, withStore } from './options.ts';

export function approveCommand(): Command {
  return new Command('approve')
    .description(
      'Let in a device that showed its claim token and waits. Compare the key with what the device shows.',
    )
    .argument('<id>', 'which device', deviceArgument)
    .addOption(dataDirOption())
    .action((device: string, { dataDir }: { dataDir: string }) =>
      withStore(dataDir, (store) => {
        const { publicKey, key } = approveClaim(store, device, Date.now());
        say(`${device} is enrolled with key ${key}: ${keyFingerprint(publicKey)}\n`);
      }),
    );
}

export function withdrawCommand(): Command {
  return new Command('withdraw')
    .description('Take an invitation back: its token is worth nothing any more.')
    .argument('<id>', 'which device', deviceArgument)
    .addOption(dataDirOption())
    .action((device: string, { dataDir }: { dataDir: string }) =>
      withStore(dataDir, (store) => {
        if (!withdrawClaims(store, device))
          throw new GatewayError('DEVICE', `there is no invitation of ${device} to withdraw`);
        say(`the invitation of ${device} is withdrawn\n`);
      }),
    );
}

export function limitCommand(): Command {
  return new Command('limit')
    .description("Set a device's own rate limit; without numbers, the one of the configuration again.")
    .argument('<id>', 'which device', deviceArgument)
    .argument('[rate]', 'messages a second, each 4 KiB of one counting as another', rateArgument)
    .argument('[burst]', 'messages at once (default: ten seconds of the rate)', wholeArgument)
    .addOption(dataDirOption())
    .action(
      (
        device: string,
        rate: number | undefined,
        burst: number | undefined,
        { dataDir }: { dataDir: string },
      ) =>
        withStore(dataDir, (store) => {
          requireDevice(store, device);
          const atOnce = rate === undefined ? null : Math.max(1, burst ?? Math.ceil(rate * 10));
          store.sqlite
            .prepare('UPDATE devices SET rate_per_second = ?, burst = ? WHERE device = ?')
            .run(rate ?? null, atOnce, device);
          say(
            rate === undefined
              ? `${device} has no limit of its own\n`
              : `${device}: ${rate} a second, ${atOnce} at once\n`,
          );
        }),
    );
}

export function exportCommand(): Command {
  return new Command('export')
    .description('Print what DeviceRegistry has to hold for this gateway: the file that `chain enrol` takes.')
    .addOption(dataDirOption())
    .action(({ dataDir }: { dataDir: string }) =>
      withStore(dataDir, (store) => say(`${JSON.stringify(exportEnrolment(store), null, 2)}\n`)),
    );
}
