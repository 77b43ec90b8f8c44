import { randomBytes } from 'node:crypto';
import { type Contract, type ContractTransactionResponse, hexlify, id } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnchorLog } from '../index.ts';
import { revertReason } from '../revert-reason.ts';
import { type SimulatedChain, deploy, openSimulatedChain } from '../simulated-chain.ts';
import { type SafeAccount, deploySafe } from './safe-account.ts';

const delaySeconds = 3600;
const farm = id('a farm');

let chain: SimulatedChain;
let safe: SafeAccount;

beforeAll(async () => {
  chain = await openSimulatedChain();
  safe = await deploySafe(deployer(), owners(), 2);
});
afterAll(() => chain.close());

const deployer = () => chain.accounts[0]!;
const owners = () => chain.accounts.slice(1, 4);
const farmer = () => chain.accounts[5]!;

describe('a Safe as the default admin', () => {
  let contract: Contract;
  const asSafe = (signers: number, name: string, ...args: unknown[]) =>
    contract
      .getAddress()
      .then((to) =>
        safe.execute(owners().slice(0, signers), to, contract.interface.encodeFunctionData(name, args)),
      );
  const refusal = (call: Promise<unknown>) => revertReason(call, contract);

  beforeAll(async () => {
    contract = await deploy(AnchorLog, deployer(), deployer().address, delaySeconds);
  });

  test('goes over to a 2-of-3 Safe in two steps, each an event, not before the delay is over', async () => {
    expect(await contract['defaultAdmin']!()).toBe(deployer().address);
    const named = await eventsOf(contract['beginDefaultAdminTransfer']!(safe.address));
    expect(named).toEqual([
      expect.stringMatching(`^DefaultAdminTransferScheduled\\(${safe.address}, \\d+\\)`),
    ]);
    await expect(asSafe(2, 'acceptDefaultAdminTransfer')).rejects.toThrow(/reverted/);
    expect(await contract['defaultAdmin']!()).toBe(deployer().address);

    await chain.provider.send('evm_increaseTime', [delaySeconds + 1]);
    await expect(asSafe(1, 'acceptDefaultAdminTransfer')).rejects.toThrow(/GS020|reverted/);
    const accepted = await eventsOf(asSafe(2, 'acceptDefaultAdminTransfer'));
    const adminRole = `0x${'00'.repeat(32)}`;
    expect(accepted).toEqual([
      `RoleRevoked(${adminRole}, ${deployer().address}, ${safe.address})`,
      `RoleGranted(${adminRole}, ${safe.address}, ${safe.address})`,
    ]);
    expect(await contract['defaultAdmin']!()).toBe(safe.address);
  });

  test('then listens to two of three owners, and to nobody else', async () => {
    const role = (await contract['PAUSER_ROLE']!()) as string;
    for (const call of [
      contract['grantRole']!(role, farmer().address),
      contract['admitOrganisation']!(farm, farmer().address),
    ]) {
      expect(await refusal(call)).toMatch(/^AccessControlUnauthorizedAccount/);
    }
    await expect(asSafe(1, 'grantRole', role, farmer().address)).rejects.toThrow(/GS020|reverted/);
    expect(await eventsOf(asSafe(2, 'grantRole', role, farmer().address))).toEqual([
      `RoleGranted(${role}, ${farmer().address}, ${safe.address})`,
    ]);
    expect((await eventsOf(asSafe(2, 'admitOrganisation', farm, farmer().address))).at(-1)).toBe(
      `OrganisationAdmitted(${farm}, ${farmer().address})`,
    );
  });

  test('neither grants the admin role past the two steps, nor takes it from the one who has it', async () => {
    const admin = await contract['DEFAULT_ADMIN_ROLE']!();
    const data = (name: string) => contract.interface.encodeFunctionData(name, [admin, farmer().address]);
    for (const name of ['grantRole', 'revokeRole']) {
      const call = chain.provider.call({
        from: safe.address,
        to: await contract.getAddress(),
        data: data(name),
      });
      expect(await refusal(call)).toBe('AccessControlEnforcedDefaultAdminRules()');
    }
  });

  test('takes back what was begun', async () => {
    await (await asSafe(2, 'beginDefaultAdminTransfer', farmer().address)).wait();
    expect(await eventsOf(asSafe(2, 'cancelDefaultAdminTransfer'))).toEqual([
      'DefaultAdminTransferCanceled()',
    ]);
    await chain.provider.send('evm_increaseTime', [delaySeconds + 1]);
    const asFarmer = contract.connect(farmer()) as Contract;
    expect(await refusal(asFarmer['acceptDefaultAdminTransfer']!())).toBe(
      `AccessControlInvalidDefaultAdmin(${farmer().address})`,
    );
  });

  async function eventsOf(sent: Promise<ContractTransactionResponse>): Promise<string[]> {
    const receipt = (await (await sent).wait())!;
    const address = await contract.getAddress();
    return receipt.logs
      .filter((log) => log.address === address)
      .map((log) => contract.interface.parseLog(log)!)
      .map(({ name, args }) => `${name}(${args.map(String).join(', ')})`);
  }
});

test('a Safe as an organisation’s admin opens and closes its logs, and grants their anchorers', async () => {
  const anchorLog = await deploy(AnchorLog, deployer(), deployer().address, 0);
  await anchorLog['admitOrganisation']!(farm, safe.address);
  const logId = hexlify(randomBytes(32));
  const to = await anchorLog.getAddress();
  const act = async (name: string, ...args: unknown[]) =>
    (await safe.execute(owners().slice(1), to, anchorLog.interface.encodeFunctionData(name, args))).wait();
  await act('openLog', logId, farm, farmer().address);
  const role: unknown = await anchorLog['anchorerRole']!(logId);
  await act('grantRole', role, deployer().address);
  await act('revokeRole', role, farmer().address);
  expect(await anchorLog['hasRole']!(role, deployer().address)).toBe(true);
  expect(await anchorLog['hasRole']!(role, farmer().address)).toBe(false);
  await act('closeLog', logId, `0x${'00'.repeat(32)}`);
  expect((await anchorLog['logOf']!(logId)).phase).toBe(2n);
});
