import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesToHex, logIdHex } from '@tianyuan/protocol';
import type { Command } from 'commander';
import { readIfThere, writeAtomically } from '../atomic-file.ts';
import { ChainError } from '../chain-error.ts';
import { defaultRpc } from '../default-rpc.ts';
import { readDeployment } from '../deployment.ts';
import { openNode } from '../node.ts';
import { integer } from './option-values.ts';
import { readStatus } from '../status.ts';
import { publicCalendars } from '../super-root/calendar.ts';
import { readFinalBlock } from '../super-root/final-block.ts';
import { readAttestations, stampFile } from '../super-root/stamp.ts';
import { decodeSuperRoot, encodeSuperRoot, makeSuperRoot, proveHead } from '../super-root/super-root.ts';
import { readValidators } from '../validators-file.ts';

type Flags = {
  rpc: string;
  deployment: string;
  out: string;
  calendar: string[];
  confirmations: number;
  validators?: string;
};

/** A proof takes hours to be complete; a calendar that was away for a month is asked no more. */
const upgradedFiles = 31;

/** `chain super-root`: once a day, by a timer. `chain verify-super-root`: for anybody. */
export function addSuperRootCommands(
  program: Command,
  { say, warn }: { say: (line: string) => void; warn: (line: string) => void },
): void {
  program
    .command('super-root')
    .description(
      'one root over all heads that are anchored for good, with an OpenTimestamps proof; to be run once a day',
    )
    .option('--rpc <url>', 'node to ask', defaultRpc)
    .option('--deployment <file>', 'deployment record', '.tianyuan/chain/deployment.json')
    .option('--out <directory>', 'where the files are kept', '.tianyuan/super-roots')
    .option('--calendar <url...>', 'OpenTimestamps calendars', publicCalendars)
    .option('--confirmations <blocks>', 'later blocks that make one final; 0 for QBFT and anvil', integer, 0)
    .option('--validators <file>', 'the pinned validators, whose seals make a block final')
    .action((flags: Flags) => stampToday(flags, new Date(), say, warn));
  program
    .command('verify-super-root')
    .description('recompute a super-root, and say what its proof ends in')
    .argument('<file>', 'a super-root; its proof is FILE.ots')
    .option('--log <origin>', 'say what the file has of this log, with a proof that needs no other log')
    .action((file: string, { log }: { log?: string }) => verify(file, log, say));
}

/** Makes the file of this day where it is not there, and completes the proofs of the last days. */
async function stampToday(
  { rpc, deployment: record, out, calendar, confirmations, validators: validatorsFile }: Flags,
  now: Date,
  say: (line: string) => void,
  warn: (line: string) => void,
): Promise<void> {
  await mkdir(out, { recursive: true });
  const date = now.toISOString().slice(0, 10);
  const file = join(out, `super-root-${date}.json`);
  if ((await readIfThere(file)) === undefined) {
    const deployment = await readDeployment(record);
    const node = openNode({ rpcUrl: rpc, chainId: deployment.chainId });
    try {
      const at = { chainId: deployment.chainId, contract: deployment.anchorLog.address };
      const validators = validatorsFile === undefined ? undefined : await readValidators(validatorsFile);
      const final = await readFinalBlock(node, { confirmations, validators });
      const status = await readStatus(node, deployment, final);
      await writeAtomically(file, encodeSuperRoot(makeSuperRoot(date, at, status)));
    } finally {
      node.close();
    }
  }
  const files = (await readdir(out)).filter((name) => /^super-root-[0-9-]{10}\.json$/.test(name));
  for (const name of files.toSorted().slice(-upgradedFiles)) {
    const path = join(out, name);
    const { root } = decodeSuperRoot(await readFile(path, 'utf8'));
    const { pending, heights, troubles } = await stampFile(path, calendar);
    for (const trouble of troubles) warn(trouble);
    say(`${name} ${root} ${describe(pending, heights)}`);
  }
}

async function verify(file: string, origin: string | undefined, say: (line: string) => void): Promise<void> {
  const text = await readIfThere(file);
  if (text === undefined) throw new ChainError('SUPER_ROOT', `there is no file ${file}`);
  const superRoot = decodeSuperRoot(text);
  const { date, heads, root, blockNumber } = superRoot;
  say(`${date}: ${heads.length} head(s) at block ${blockNumber}, root ${root}`);
  if (origin !== undefined) {
    const found = proveHead(superRoot, logIdHex(origin));
    if (found === undefined) throw new ChainError('SUPER_ROOT', `${file} has no head of ${origin}`);
    say(JSON.stringify({ origin, ...found }, null, 1));
  }
  let proof: Uint8Array;
  try {
    proof = new Uint8Array(await readFile(`${file}.ots`));
  } catch {
    say('not stamped yet: no calendar has answered');
    return;
  }
  const ends = readAttestations(Buffer.from(text), proof);
  if (ends === undefined) throw new ChainError('OTS', `${file}.ots is of other bytes than ${file}`);
  for (const { message, attestation } of ends) {
    if (attestation.kind === 'pending')
      say(`pending at ${attestation.uri}: run \`chain super-root\` again in some hours`);
    if (attestation.kind === 'bitcoin') {
      // As block explorers print it: the other way round.
      say(
        `Bitcoin block ${attestation.height} must have the Merkle root ${bytesToHex(message.toReversed())}`,
      );
    }
  }
}

function describe(pending: string[], heights: number[]): string {
  if (heights.length > 0) return `in Bitcoin block ${Math.min(...heights)}`;
  return pending.length > 0
    ? `promised by ${pending.length} calendar(s)`
    : 'not stamped: no calendar answers';
}
