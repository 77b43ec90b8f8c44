import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { registryLayout } from '@tianyuan/protocol/evidence/registry-record.ts';
import { expect, test } from 'vitest';

// A bundle proves a key's record by storage slots, which no ABI names and which move with what the contract inherits. They are
// those of release 2, too: `registryLayout` is what policies without slots of their own are read with.

const require = createRequire(import.meta.url);
const here = fileURLToPath(new URL('.', import.meta.url));

/** Of the compiler's `storageLayout` what is read here. */
type Layout = {
  storage: { label: string; slot: string; type: string }[];
  types: Record<
    string,
    {
      numberOfBytes: string;
      value?: string;
      members?: { label: string; offset: number; slot: string; type: string }[];
    }
  >;
};

test('a bundle looks for a key’s record where the compiled DeviceRegistry keeps it', () => {
  const { storage, types } = compileLayout('device-registry/DeviceRegistry.sol', 'DeviceRegistry');
  const slotOf = (label: string) => storage.find((one) => one.label === label);
  expect({ keys: Number(slotOf('_keys')?.slot), cuts: Number(slotOf('_cuts')?.slot) }).toEqual(
    registryLayout.slots,
  );

  const record = types[types[slotOf('_keys')!.type]!.value!]!.members!;
  const member = (label: string) => record.find((one) => one.label === label)!;
  expect(member('subject')).toMatchObject({ slot: String(registryLayout.subject), offset: 0 });
  for (const name of ['status', 'keyNumber', 'revokedAtBlock'] as const) {
    const { slot, offset, type } = member(name);
    expect({ slot: Number(slot), offset, length: Number(types[type]!.numberOfBytes) }, name).toEqual({
      slot: registryLayout.state,
      ...registryLayout[name],
    });
  }
  for (const name of ['rotatedAtBlock', 'lastBoot', 'lastSeq'] as const) {
    const { slot, offset, type } = member(name);
    expect({ slot: Number(slot), offset, length: Number(types[type]!.numberOfBytes) }, name).toEqual({
      slot: registryLayout.rotation,
      ...registryLayout[name],
    });
  }
});

/** Only the layout is asked for, which takes the compiler a second: no code is generated. */
function compileLayout(file: string, contract: string): Layout {
  const solc = require('solc') as {
    compile: (input: string, callbacks: { import: (path: string) => { contents: string } }) => string;
  };
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: readFileSync(`${here}${file}`, 'utf8') } },
    settings: { outputSelection: { [file]: { [contract]: ['storageLayout'] } } },
  };
  const readImport = (path: string) => ({
    contents: readFileSync(path.startsWith('@') ? require.resolve(path) : `${here}${path}`, 'utf8'),
  });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport })) as {
    contracts?: Record<string, Record<string, { storageLayout: Layout }>>;
  };
  return output.contracts![file]![contract]!.storageLayout;
}
