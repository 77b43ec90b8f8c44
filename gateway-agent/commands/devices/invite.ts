import { formatProvisioning } from '@tianyuan/protocol';
import QRCode from 'qrcode';
import type { Store } from '../../keep/store.ts';
import { openAuthority } from '../../devices/certificate-authority.ts';
import { inviteDevice } from '../../devices/claims.ts';
import { readDoor } from '../../devices/door.ts';
import { remark, say } from './options.ts';

const hourMs = 3_600_000;

/** Makes a claim token and shows it: one line on standard output, a QR code beside it. */
export async function invite(
  store: Store,
  options: { dataDir: string; device: string; hours: number; autoApprove: boolean; host: string | undefined },
): Promise<void> {
  const { dataDir, device, hours, autoApprove, host } = options;
  const now = Date.now();
  const expiresAt = now + hours * hourMs;
  const door = readDoor(store, host);
  const authority = await openAuthority(dataDir, { create: false });
  const claim = inviteDevice(store, { device, expiresAt, autoApprove }, now);
  const line = formatProvisioning({
    ...door,
    device,
    claim,
    expires: Math.floor(expiresAt / 1000),
    ...(authority !== undefined && { ca: authority.fingerprint.toString('base64url') }),
  });
  say(`${line}\n`);
  remark(`\n${await QRCode.toString(line, { type: 'terminal', small: true })}\n`);
  const until = new Date(expiresAt).toISOString();
  remark(
    `  给设备 ${device} 的一次性配置，${until} 前有效。${autoApprove ? '无需再批准。' : `设备出现后：gateway-agent devices approve ${device}`}\n` +
      `  For ${device}, once, until ${until}. ${
        autoApprove
          ? 'It needs no approval.'
          : `When it has shown up: gateway-agent devices approve ${device}`
      }\n`,
  );
}
