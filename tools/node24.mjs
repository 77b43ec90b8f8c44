// node tools/node24.mjs TARGET [ARGS]: runs TARGET under Node 24 or newer with the packages of package-lock.json
// installed, whatever Node >= 20 the machine has. TARGET is a .ts or .mjs file of this checkout, or the name of an
// installed program (vitest, tsc, oxlint).
//
// Plain JavaScript, and only what Node 20 has: this is the one part of the project that the machine's own Node runs.
// It writes to .toolchain/ and node_modules/ of this checkout and to npm's cache, nowhere else, and once both are
// complete it touches no network and prints nothing.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whileHolding } from './wrapper/mutex.mjs';
import { installPackages, packagesAreCurrent } from './wrapper/packages.mjs';
import { Refusal } from './wrapper/refusal.mjs';
import { environmentFor, runTarget } from './wrapper/run.mjs';
import { bringNode, bringNpm, chooseNode, nodeIsReady } from './wrapper/toolchain.mjs';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string[]} command */
async function main([target, ...args]) {
  if (target === undefined) throw new Refusal('usage: node tools/node24.mjs FILE|PROGRAM [ARGS]');
  const node = chooseNode(checkout);
  const isReady = () => nodeIsReady(checkout, node) && packagesAreCurrent(checkout, node);
  if (!isReady()) {
    const toolchain = join(checkout, '.toolchain');
    mkdirSync(toolchain, { recursive: true });
    await whileHolding(join(toolchain, 'lock'), async (lock) => {
      // Another wrapper may have done all of it while this one waited.
      if (isReady()) return;
      await bringNode(checkout, node, lock);
      if (!packagesAreCurrent(checkout, node)) {
        await installPackages(checkout, node, await bringNpm(checkout, node, lock), lock);
      }
    });
  }
  await runTarget({ checkout, target, args, env: environmentFor(node, checkout) });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`tianyuan: ${error.message}\n`);
  process.exitCode = 1;
}
