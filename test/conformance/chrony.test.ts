import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chronySource } from '@tianyuan/gateway-agent/clock/chrony-source.ts';
import { expect, onTestFinished, test } from 'vitest';
import { has, pathOf } from '../components.ts';

test.skipIf(!has('chronyd'))(
  'a real one without servers is read, and does not vouch for its own clock',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tianyuan-chrony-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const port = await freeUdpPort();
    const file = join(dir, 'chrony.conf');
    const settings = [
      'local stratum 8',
      'port 0',
      `cmdport ${port}`,
      'bindcmdaddress /',
      `pidfile ${file}.pid`,
    ];
    writeFileSync(file, settings.join('\n'));
    // -x: touches no clock; -U: needs not be root.
    const daemon: ChildProcess = spawn(pathOf('chronyd'), [
      '-x',
      '-U',
      '-d',
      '-u',
      userInfo().username,
      '-f',
      file,
    ]);
    onTestFinished(async () => {
      if (daemon.exitCode !== null) return;
      const ended = once(daemon, 'exit');
      daemon.kill();
      await ended;
    });
    for await (const line of createInterface({ input: daemon.stderr! })) if (line.includes('starting')) break;
    const source = chronySource(Date.now, ['-h', '127.0.0.1', '-p', String(port)]);
    let reading = await source.read();
    while (reading === undefined && daemon.exitCode === null) reading = await source.read();
    expect(reading).toEqual({ synchronised: false });
  },
);

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
