import { parseArgs } from 'node:util';
import { openGethAccount } from '../bench/geth-account.ts';
import { appendTable, hubTable } from './gas-tables.ts';

// npm run contracts:gas: the tables of docs/contracts.md, where a test compares them.

const { values } = parseArgs({
  options: {
    geth: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write(
    'npm run contracts:gas [-- --geth]: what anchoring costs, worst case, on the chain in the process, or on a geth of its own\n',
  );
  process.exit(0);
}

const geth = values.geth ? await openGethAccount() : undefined;
if (values.geth && geth === undefined) process.exit(2);
try {
  for (const [what, table] of [
    ['append, by the size of the log and the entries added', appendTable(geth?.account)],
    ['appendMany, 60 entries each onto 1,048,575', hubTable(geth?.account)],
  ] as const) {
    process.stdout.write(`${what}, gas ${geth === undefined ? 'in process' : 'on geth'}\n\n`);
    for await (const row of table) process.stdout.write(`${row}\n`);
    process.stdout.write('\n');
  }
} finally {
  await geth?.close();
}
