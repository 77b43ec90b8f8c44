import { Command, Option } from 'commander';
import { GatewayError } from '../../gateway-error.ts';
import type { Store } from '../../keep/store.ts';
import { addKey, keysOf } from '../../devices/device-keys.ts';
import { parsePublicKey } from '../../devices/enrol-device.ts';
import { hashToken, newToken } from '../../devices/token.ts';
import { invite } from './invite.ts';
import { dataDirOption, deviceArgument, rateArgument, remark, say, withStore } from './options.ts';

type Flags = {
  dataDir: string;
  publicKey?: string;
  hours: number;
  autoApprove?: boolean;
  host?: string;
};

export const inviteOptions = (): Option[] => [
  new Option('--hours <n>', 'how long the claim token is good for').default(24).argParser(rateArgument),
  new Option('--auto-approve', 'enrol whoever shows the token first, without asking'),
  new Option('--host <address>', 'under which the device reaches this gateway (default: its own address)'),
];

export function addCommand(): Command {
  const command = new Command('add')
    .description(
      'Invite a device: a claim token as one line and as a QR code, for once. With --public-key, enrol it at once and print its token.',
    )
    .argument('<id>', 'what the device is called: client id, user name and topic segment', deviceArgument)
    .addOption(dataDirOption())
    .option('--public-key <base64>', "the device's Ed25519 key, where it is known already");
  for (const option of inviteOptions()) command.addOption(option);
  return command.action((device: string, flags: Flags) =>
    withStore(flags.dataDir, (store) => add(store, device, flags)),
  );
}

async function add(store: Store, device: string, flags: Flags): Promise<void> {
  const { dataDir, publicKey, hours, autoApprove = false, host } = flags;
  if (keysOf(store, device).some(({ revoked }) => revoked === 0)) {
    throw new GatewayError(
      'DEVICE',
      `${device} is enrolled already; "devices rotate ${device}" gives it a new key`,
    );
  }
  if (publicKey === undefined) return invite(store, { dataDir, device, hours, autoApprove, host });
  say(`${enrolByHand(store, device, publicKey, Date.now())}\n`);
  remark(`${device} is enrolled. Above is its MQTT password, which is kept nowhere.\n`);
}

/** @returns the new token */
function enrolByHand(store: Store, device: string, publicKey: string, now: number): string {
  const key = parsePublicKey(device, publicKey);
  const token = newToken();
  const enrol = store.sqlite.transaction(() => {
    store.sqlite
      .prepare(
        `INSERT INTO devices (device, token_hash, enrolled_at) VALUES (?, ?, ?)
         ON CONFLICT (device) DO UPDATE SET token_hash = excluded.token_hash, revoked_at = NULL`,
      )
      .run(device, hashToken(token), now);
    addKey(store, { device, publicKey: key }, now);
  });
  enrol.immediate();
  return token;
}
