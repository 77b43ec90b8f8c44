// The tree as a .deb, by dpkg-deb.
import { execFileSync } from 'node:child_process';
import { cpSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the path of the package */
export function buildDeb({
  checkout,
  tree,
  arch,
  out,
}: {
  checkout: string;
  tree: string;
  arch: 'amd64' | 'arm64';
  out: string;
}): string {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string };
  const kibibytes = execFileSync('du', ['-sk', '--apparent-size', tree], { encoding: 'utf8' }).split(
    '\t',
  )[0]!;
  const control = join(tree, 'DEBIAN');
  mkdirSync(control);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    cpSync(join(checkout, 'deploy', 'deb', script), join(control, script));
    chmodSync(join(control, script), 0o755);
  }
  writeFileSync(
    join(control, 'control'),
    `Package: tianyuan-gateway
Version: ${version}
Architecture: ${arch}
Maintainer: Tianyuan <tianyuan@example.org>
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libstdc++6
Recommends: systemd, systemd-timesyncd | time-daemon
Section: net
Priority: optional
Description: gateway for signed sensor readings
 Takes signed readings over MQTT, keeps them through power cuts and dead links,
 logs them in a Merkle log, uploads and anchors them.
`,
  );
  mkdirSync(out, { recursive: true });
  const file = join(out, `tianyuan-gateway_${version}_${arch}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, file], { stdio: 'ignore' });
  return file;
}
