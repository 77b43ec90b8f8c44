import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ChainError } from '../chain-error.ts';

const require = createRequire(import.meta.url);
const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/**
 * The anvil that npm installed for this platform. Not the package's own launcher script: a signal to that would leave
 * anvil running.
 * @throws ChainError ANVIL_MISSING
 */
export function findAnvil(): string {
  const platform = `${process.platform}-${architectures[process.arch] ?? process.arch}`;
  try {
    const anvil = createRequire(require.resolve('@foundry-rs/anvil/package.json'));
    const platformPackage = anvil.resolve(`@foundry-rs/anvil-${platform}/package.json`);
    return join(platformPackage, '..', 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
  } catch (cause) {
    throw new ChainError(
      'ANVIL_MISSING',
      `there is no anvil for ${platform} under node_modules: run \`npm install\` without --omit=optional, or use another chain`,
      { cause },
    );
  }
}
