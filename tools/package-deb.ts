// node tools/node24.mjs tools/package-deb.ts --arch amd64|arm64 [--out DIR]
// A Debian package of the gateway, for itself: Node, the gateway's workspaces, and of package-lock.json what they stand
// on in production. Nothing is compiled, so either architecture is packaged on any machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildDeb } from './package/build-deb.ts';
import { fillTree } from './package/fill-tree.ts';
import { installProduction } from './package/install-production.ts';
import { Refusal } from './wrapper/refusal.mjs';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const architectures = { amd64: 'x64', arm64: 'arm64' } as const;

try {
  const { values } = parseArgs({
    options: { arch: { type: 'string', default: 'amd64' }, out: { type: 'string', default: '.deb' } },
  });
  const { arch, out } = values;
  if (arch !== 'amd64' && arch !== 'arm64') throw new Refusal('--arch is amd64 or arm64');
  const work = mkdtempSync(join(tmpdir(), 'tianyuan-deb-'));
  try {
    const cpu = architectures[arch];
    const stage = join(work, 'stage');
    const node = await installProduction(checkout, stage, cpu);
    const tree = join(work, 'tree');
    fillTree({ checkout, stage, node, tree, cpu });
    process.stdout.write(`${buildDeb({ checkout, tree, arch, out: resolve(checkout, out) })}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`tianyuan: ${error.message}\n`);
  process.exitCode = 1;
}
