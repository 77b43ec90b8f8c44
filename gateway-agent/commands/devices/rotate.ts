import { Command } from 'commander';
import { GatewayError } from '../../gateway-error.ts';
import type { Store } from '../../keep/store.ts';
import { addKey, requireDevice } from '../../devices/device-keys.ts';
import { parsePublicKey } from '../../devices/enrol-device.ts';
import { inviteOptions } from './add.ts';
import { invite } from './invite.ts';
import { dataDirOption, deviceArgument, say, wholeArgument, withStore } from './options.ts';

type Flags = {
  dataDir: string;
  publicKey?: string;
  lastBoot?: number;
  lastSeq?: number;
  hours: number;
  autoApprove?: boolean;
  host?: string;
};

export function rotateCommand(): Command {
  const command = new Command('rotate')
    .description(
      'Give a device its next key. The old one counts until its last message; after it only the new one does. Without --public-key the device is invited to bring the key itself.',
    )
    .argument('<id>', 'which device', deviceArgument)
    .addOption(dataDirOption())
    .option('--public-key <base64>', 'the new Ed25519 key')
    .option(
      '--last-boot <n>',
      'boot of the last message under the old key (default: the one that it is in)',
      wholeArgument,
    )
    .option(
      '--last-seq <n>',
      'number of that message in its boot (default: all of that boot)',
      wholeArgument,
    );
  for (const option of inviteOptions()) command.addOption(option);
  return command.action((device: string, flags: Flags) =>
    withStore(flags.dataDir, (store) => rotate(store, device, flags)),
  );
}

async function rotate(store: Store, device: string, flags: Flags): Promise<void> {
  const { dataDir, publicKey, lastBoot, lastSeq, hours, autoApprove = false, host } = flags;
  requireDevice(store, device);
  if (lastBoot === undefined && lastSeq !== undefined)
    throw new GatewayError('DEVICE', '--last-seq counts inside a boot: give --last-boot too');
  if (publicKey === undefined) {
    if (lastBoot !== undefined)
      throw new GatewayError(
        'DEVICE',
        'the device says itself where its old key ends: leave out --last-boot',
      );
    return invite(store, { dataDir, device, hours, autoApprove, host });
  }
  const last =
    lastBoot === undefined ? undefined : { boot: lastBoot, seq: lastSeq ?? Number.MAX_SAFE_INTEGER };
  const key = parsePublicKey(device, publicKey);
  const { key: number, replaced } = store.sqlite
    .transaction(() => addKey(store, { device, publicKey: key, last }, Date.now()))
    .immediate();
  say(`${device} has key ${number}${replaced === undefined ? '' : `; ${describeEnd(replaced)}`}\n`);
}

function describeEnd({ key, last }: { key: number; last: { boot: number; seq: number } }): string {
  return last.seq === Number.MAX_SAFE_INTEGER
    ? `key ${key} counts until the end of boot ${last.boot}`
    : `key ${key} counts until message ${last.seq} of boot ${last.boot}`;
}
