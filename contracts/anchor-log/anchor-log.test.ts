import { randomBytes } from 'node:crypto';
import {
  type BytesLike,
  type Contract,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  hexlify,
  id,
  ZeroAddress,
  ZeroHash,
} from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AnchorLog } from '../index.ts';
import { revertReason } from '../revert-reason.ts';
import { type SimulatedChain, deploy, openSimulatedChain } from '../simulated-chain.ts';
import { type Growth, syntheticGrowth } from '../vectors/synthetic-growth.ts';

const farm = id('a farm');
const dairy = id('a dairy');
const signature = hexlify(randomBytes(64));
const maxSize = 2n ** 53n - 1n;

let chain: SimulatedChain;
/** The same contract as its admin, the farm's admin, the dairy's admin, the farm's gateway and a stranger call it. */
let [asAdmin, asFarm, asDairy, asGateway, asStranger]: Contract[] = [];
let [admin, farmer, dairyman, gateway, stranger]: string[] = [];
let logId: string;

beforeAll(async () => {
  chain = await openSimulatedChain();
  [admin, farmer, dairyman, gateway, stranger] = chain.accounts.map(({ address }) => address);
});
afterAll(() => chain.close());

beforeEach(async () => {
  asAdmin = await deploy(AnchorLog, chain.accounts[0]!, admin, 0);
  [asFarm, asDairy, asGateway, asStranger] = [1, 2, 3, 4].map(
    (i) => asAdmin!.connect(chain.accounts[i]!) as Contract,
  );
  await asAdmin['admitOrganisation']!(farm, farmer);
  await asAdmin['admitOrganisation']!(dairy, dairyman);
  await asAdmin['grantRole']!(await asAdmin['PAUSER_ROLE']!(), admin);
  logId = hexlify(randomBytes(32));
  await asFarm!['openLog']!(logId, farm, gateway);
});

describe('admitting an organisation', () => {
  const orchard = id('an orchard');

  test('is the default admin’s, once, with a first account', async () => {
    expect(await refusal(asFarm!['admitOrganisation']!(orchard, farmer))).toBe(
      unauthorised(farmer!, ZeroHash),
    );
    expect(await refusal(asAdmin!['admitOrganisation']!(ZeroHash, farmer))).toBe(
      `AdmissionInvalid(${ZeroHash}, ${farmer})`,
    );
    expect(await refusal(asAdmin!['admitOrganisation']!(orchard, ZeroAddress))).toBe(
      `AdmissionInvalid(${orchard}, ${ZeroAddress})`,
    );
    expect(await eventsOf(asAdmin!['admitOrganisation']!(orchard, stranger))).toEqual([
      `OrganisationAdmitted(${orchard}, ${stranger})`,
    ]);
    expect(await refusal(asAdmin!['admitOrganisation']!(orchard, admin))).toBe(
      `OrganisationAlreadyAdmitted(${orchard})`,
    );
  });

  test('ends the default admin’s say over it: no step leads to its log', async () => {
    const anchorer = await asAdmin!['anchorerRole']!(logId);
    const roles = [
      [await orgRole(farm), await orgRole(farm)],
      [anchorer, await orgRole(farm)],
    ] as const;
    for (const [role, adminRole] of roles) {
      const refused = unauthorised(admin!, adminRole);
      expect(await refusal(asAdmin!['grantRole']!(role, admin))).toBe(refused);
      expect(await refusal(asAdmin!['revokeRole']!(role, farmer))).toBe(refused);
    }
    expect(await refusal(first(asAdmin!, grown(3, 9)))).toBe(unauthorised(admin!, anchorer));
    expect(await refusal(asAdmin!['closeLog']!(logId, ZeroHash))).toBe(
      unauthorised(admin!, await orgRole(farm)),
    );
  });

  test('leaves nobody a role in advance: of an organisation to come, its registrars, or a log to come', async () => {
    const another = hexlify(randomBytes(32));
    const nobody = id('tianyuan.nobody');
    for (const role of [
      await orgRole(orchard),
      await asAdmin!['registrarRole']!(orchard),
      await asAdmin!['anchorerRole']!(another),
      nobody,
    ]) {
      expect(await refusal(asAdmin!['grantRole']!(role, admin))).toBe(unauthorised(admin!, nobody));
      expect(await refusal(asFarm!['grantRole']!(role, farmer))).toBe(unauthorised(farmer!, nobody));
    }
  });

  test('lets it name its own accounts and registrars, and take the first one back', async () => {
    const role = await orgRole(farm);
    const registrar = await asAdmin!['registrarRole']!(farm);
    expect(await refusal(asDairy!['grantRole']!(role, stranger))).toBe(unauthorised(dairyman!, role));
    expect(await refusal(asDairy!['grantRole']!(registrar, stranger))).toBe(unauthorised(dairyman!, role));
    await asFarm!['grantRole']!(role, stranger);
    await asStranger!['revokeRole']!(role, farmer);
    await asStranger!['grantRole']!(registrar, gateway);
    expect(await asAdmin!['isRegistrar']!(farm, gateway)).toBe(true);
    expect(await asAdmin!['isRegistrar']!(dairy, gateway)).toBe(false);
    expect(await refusal(asFarm!['closeLog']!(logId, ZeroHash))).toBe(unauthorised(farmer!, role));
    expect(await refusal(asStranger!['closeLog']!(logId, ZeroHash))).toBeUndefined();
  });
});

describe('opening', () => {
  test('says who opened what for whom', async () => {
    const another = hexlify(randomBytes(32));
    const events = await eventsOf(asFarm!['openLog']!(another, farm, gateway));
    expect(events).toContain(`LogOpened(${another}, ${farm}, ${gateway})`);
    expect(await phaseOf(another)).toBe('open');
    expect(await headOf(another)).toEqual([0n, ZeroHash, 0n]);
  });

  test('is for the organisation that answers for the log', async () => {
    const another = hexlify(randomBytes(32));
    expect(await refusal(asDairy!['openLog']!(another, farm, gateway))).toBe(
      unauthorised(dairyman!, await orgRole(farm)),
    );
  });

  test('happens once, with an id and an anchorer', async () => {
    expect(await refusal(asFarm!['openLog']!(logId, farm, gateway))).toBe(`LogAlreadyOpened(${logId})`);
    expect(await refusal(asDairy!['openLog']!(logId, dairy, dairyman))).toBe(`LogAlreadyOpened(${logId})`);
    expect(await refusal(asFarm!['openLog']!(ZeroHash, farm, gateway))).toBe(
      `OpeningInvalid(${ZeroHash}, ${gateway})`,
    );
    const another = hexlify(randomBytes(32));
    expect(await refusal(asFarm!['openLog']!(another, farm, ZeroAddress))).toBe(
      `OpeningInvalid(${another}, ${ZeroAddress})`,
    );
  });

  test('lets the organisation replace the anchorer, and nobody else', async () => {
    const role = await asAdmin!['anchorerRole']!(logId);
    expect(await refusal(asDairy!['grantRole']!(role, stranger))).toBe(
      unauthorised(dairyman!, await orgRole(farm)),
    );
    expect(await refusal(asAdmin!['grantRole']!(role, stranger))).toBe(
      unauthorised(admin!, await orgRole(farm)),
    );
    await asFarm!['revokeRole']!(role, gateway);
    await asFarm!['grantRole']!(role, stranger);
    const growth = grown(3, 9);
    expect(await refusal(first(asGateway!, growth))).toBe(unauthorised(gateway!, role));
    expect(await refusal(first(asStranger!, growth))).toBeUndefined();
  });
});

describe('appending', () => {
  test('moves the head and says so, signature included', async () => {
    const growth = grown(1000, 5096);
    expect(await eventsOf(first(asGateway!, growth))).toEqual([
      `Appended(${logId}, 0, 1000, ${hexlify(growth.root1)}, ${signature})`,
    ]);
    const receipt = (await (await second(asGateway!, growth)).wait())!;
    expect(names(receipt)).toEqual([
      `Appended(${logId}, 1000, 5096, ${hexlify(growth.root2)}, ${signature})`,
    ]);
    const block = await chain.provider.getBlock(receipt.blockNumber);
    expect(await headOf(logId)).toEqual([5096n, hexlify(growth.root2), BigInt(block!.timestamp)]);
    expect((await asAdmin!['logOf']!(logId)).anchoredAtBlock).toBe(BigInt(block!.number));
  });

  test('of the anchored head again changes nothing and says nothing', async () => {
    const growth = grown(3, 9);
    await first(asGateway!, growth);
    await second(asGateway!, growth);
    const before = await headOf(logId);
    expect(await eventsOf(second(asGateway!, growth))).toEqual([]);
    expect(await headOf(logId)).toEqual(before);
  });

  test('names what is wrong with a head', async () => {
    const growth = grown(1000, 5096);
    const [root1, root2] = [hexlify(growth.root1), hexlify(growth.root2)];
    const other = hexlify(randomBytes(32));
    expect(await refusal(append(asGateway!, 0, root1))).toBe(`SizeInvalid(${logId}, 0)`);
    expect(await refusal(append(asGateway!, maxSize + 1n, root1))).toBe(
      `SizeInvalid(${logId}, ${maxSize + 1n})`,
    );
    expect(await refusal(append(asGateway!, 1000, root1, [other]))).toBe(`Inconsistent(${logId}, 0, 1000)`);
    await first(asGateway!, growth);
    expect(await refusal(append(asGateway!, 999, root1))).toBe(`SizeRegressed(${logId}, 1000, 999)`);
    expect(await refusal(append(asGateway!, 1000, other))).toBe(
      `RootConflict(${logId}, 1000, ${root1}, ${other})`,
    );
    expect(await refusal(append(asGateway!, 5096, other, growth.proof))).toBe(
      `Inconsistent(${logId}, 1000, 5096)`,
    );
    expect(await refusal(append(asGateway!, 5096, root2, []))).toBe(`Inconsistent(${logId}, 1000, 5096)`);
  });

  test('takes the largest size that JavaScript counts to', async () => {
    expect(await refusal(append(asGateway!, maxSize, hexlify(randomBytes(32))))).toBeUndefined();
  });

  test.each([0, 63, 65, 96])('refuses a signature of %i bytes', async (length) => {
    const call = asGateway!['append']!(logId, 3, hexlify(randomBytes(32)), [], hexlify(randomBytes(length)));
    expect(await refusal(call)).toBe(`SignatureLengthInvalid(${logId}, ${length})`);
  });

  test('is for the anchorer of that log', async () => {
    const role = await asAdmin!['anchorerRole']!(logId);
    expect(await refusal(first(asStranger!, grown(3, 9)))).toBe(unauthorised(stranger!, role));
    expect(await refusal(first(asFarm!, grown(3, 9)))).toBe(unauthorised(farmer!, role));
  });

  test('needs a log that was opened', async () => {
    logId = hexlify(randomBytes(32));
    expect(await refusal(first(asGateway!, grown(3, 9)))).toBe(`LogUnknown(${logId})`);
    expect(await refusal(asAdmin!['head']!(logId))).toBe(`LogUnknown(${logId})`);
    expect(await phaseOf(logId)).toBe('unknown');
  });
});

describe('appending many', () => {
  test('moves every head, or none', async () => {
    const [a, b] = [grown(3, 9), grown(31, 64)];
    const another = hexlify(randomBytes(32));
    await asFarm!['openLog']!(another, farm, gateway);
    const one = [logId, 3, hexlify(a.root1), [], signature];
    const two = [another, 31, hexlify(b.root1), [], signature];
    expect(await eventsOf(asGateway!['appendMany']!([one, two]))).toHaveLength(2);
    const good = [logId, 9, hexlify(a.root2), hashes(a), signature];
    const bad = [another, 64, hexlify(a.root2), hashes(b), signature];
    expect(await refusal(asGateway!['appendMany']!([good, bad]))).toBe(`Inconsistent(${another}, 31, 64)`);
    expect((await headOf(logId))[0]).toBe(3n);
  });

  test('checks the role of each log', async () => {
    const another = hexlify(randomBytes(32));
    await asDairy!['openLog']!(another, dairy, dairyman);
    const appends = [logId, another].map((log) => [log, 3, hexlify(randomBytes(32)), [], signature]);
    const role = await asAdmin!['anchorerRole']!(another);
    expect(await refusal(asGateway!['appendMany']!(appends))).toBe(unauthorised(gateway!, role));
    expect((await headOf(logId))[0]).toBe(0n);
  });
});

describe('closing', () => {
  test('names the successor, and ends appending', async () => {
    const successor = hexlify(randomBytes(32));
    await asFarm!['openLog']!(successor, farm, gateway);
    const growth = grown(3, 9);
    await first(asGateway!, growth);
    expect(await eventsOf(asFarm!['closeLog']!(logId, successor))).toEqual([
      `LogClosed(${logId}, ${successor}, 3)`,
    ]);
    expect(await phaseOf(logId)).toBe('closed');
    expect((await asAdmin!['logOf']!(logId)).successor).toBe(successor);
    expect((await headOf(logId))[0]).toBe(3n);
    expect(await refusal(second(asGateway!, growth))).toBe(`LogIsClosed(${logId}, ${successor})`);
    expect(await refusal(asFarm!['closeLog']!(logId, ZeroHash))).toBe(`LogIsClosed(${logId}, ${successor})`);
  });

  test("is for the log's own organisation", async () => {
    expect(await refusal(asDairy!['closeLog']!(logId, ZeroHash))).toBe(
      unauthorised(dairyman!, await orgRole(farm)),
    );
    expect(await refusal(asGateway!['closeLog']!(logId, ZeroHash))).toBe(
      unauthorised(gateway!, await orgRole(farm)),
    );
  });

  test('wants a successor that is another open log, or none', async () => {
    const unknown = hexlify(randomBytes(32));
    expect(await refusal(asFarm!['closeLog']!(unknown, ZeroHash))).toBe(`LogUnknown(${unknown})`);
    expect(await refusal(asFarm!['closeLog']!(logId, unknown))).toBe(
      `SuccessorInvalid(${logId}, ${unknown})`,
    );
    expect(await refusal(asFarm!['closeLog']!(logId, logId))).toBe(`SuccessorInvalid(${logId}, ${logId})`);
    expect(await refusal(asFarm!['closeLog']!(logId, ZeroHash))).toBeUndefined();
  });
});

describe('pausing', () => {
  test('stops opening and appending, and is undone', async () => {
    const growth = grown(3, 9);
    await first(asGateway!, growth);
    expect(await eventsOf(asAdmin!['pause']!())).toEqual([`Paused(${admin})`]);
    expect(await refusal(second(asGateway!, growth))).toBe('EnforcedPause()');
    expect(await refusal(asGateway!['appendMany']!([]))).toBe('EnforcedPause()');
    expect(await refusal(asFarm!['openLog']!(hexlify(randomBytes(32)), farm, gateway))).toBe(
      'EnforcedPause()',
    );
    expect((await headOf(logId))[0]).toBe(3n);
    await asAdmin!['unpause']!();
    expect(await refusal(second(asGateway!, growth))).toBeUndefined();
  });

  test('leaves a broken gateway closable', async () => {
    await asAdmin!['pause']!();
    expect(await refusal(asFarm!['closeLog']!(logId, ZeroHash))).toBeUndefined();
  });

  test('is for the pauser', async () => {
    const role = await asAdmin!['PAUSER_ROLE']!();
    expect(await refusal(asFarm!['pause']!())).toBe(unauthorised(farmer!, role));
    await asAdmin!['pause']!();
    expect(await refusal(asFarm!['unpause']!())).toBe(unauthorised(farmer!, role));
  });
});

describe('marking', () => {
  test('is for a marker, and numbers from 1', async () => {
    const role = await asAdmin!['MARKER_ROLE']!();
    expect(await refusal(asAdmin!['mark']!())).toBe(unauthorised(admin!, role));
    await asAdmin!['grantRole']!(role, stranger);
    expect(await eventsOf(asStranger!['mark']!())).toEqual(['Marked(1)']);
    expect(await refusal(asAdmin!['sizeAtMark']!(logId, 0))).toBe('MarkUnknown(0)');
    expect(await refusal(asAdmin!['sizeAtMark']!(logId, 2))).toBe('MarkUnknown(2)');
  });

  test('remembers a size only when the head moves on', async () => {
    await asAdmin!['grantRole']!(await asAdmin!['MARKER_ROLE']!(), stranger);
    const growth = grown(3, 9);
    await first(asGateway!, growth);
    await asStranger!['mark']!();
    expect(await asAdmin!['sizeAtMark']!(logId, 1)).toBe(3n);
    await second(asGateway!, growth);
    expect(await asAdmin!['sizeAtMark']!(logId, 1)).toBe(3n);
  });
});

function grown(size1: number, size2: number): Growth {
  return syntheticGrowth(size1, size2, () => randomBytes(32));
}

function append(
  as: Contract,
  newSize: number | bigint,
  newRoot: string,
  proof: BytesLike[] = [],
): Promise<ContractTransactionResponse> {
  return as['append']!(
    logId,
    newSize,
    newRoot,
    proof.map((node) => hexlify(node)),
    signature,
  );
}

const first = (as: Contract, { size1, root1 }: Growth) => append(as, size1, hexlify(root1));
const second = (as: Contract, { size2, root2, proof }: Growth) => append(as, size2, hexlify(root2), proof);
const hashes = ({ proof }: Growth) => proof.map((node) => hexlify(node));

const refusal = (call: Promise<unknown>) => revertReason(call, asAdmin!);
const headOf = async (log: string) => [...(await asAdmin!['head']!(log))];
const orgRole = (organisation: string): Promise<string> => asAdmin!['organisationRole']!(organisation);
const unauthorised = (account: string, role: string) =>
  `AccessControlUnauthorizedAccount(${account}, ${role})`;

async function phaseOf(log: string): Promise<string> {
  return ['unknown', 'open', 'closed'][Number((await asAdmin!['logOf']!(log)).phase)]!;
}

async function eventsOf(sent: Promise<ContractTransactionResponse>): Promise<string[]> {
  return names((await (await sent).wait())!);
}

function names(receipt: ContractTransactionReceipt): string[] {
  return receipt.logs
    .map((log) => asAdmin!.interface.parseLog(log)!)
    .filter(({ name }) => !name.startsWith('Role'))
    .map(({ name, args }) => `${name}(${args.map(String).join(', ')})`);
}
