import { type ErrorDescription, formatEther, isError } from 'ethers';
import { ChainError, type ChainErrorCode } from './chain-error.ts';
import { anchorLogInterface, bareHex, deviceRegistryInterface } from './contracts.ts';
import type { NodeAddress } from './node.ts';

/** What ethers, the node or a contract says, as a ChainError. One that is a ChainError already stays as it is. */
export function explain(cause: unknown, { rpcUrl }: Pick<NodeAddress, 'rpcUrl'>): ChainError {
  if (cause instanceof ChainError) return cause;
  const revert = findRevertData(cause);
  if (revert !== undefined) return explainRevert(revert, cause);
  if (isError(cause, 'BAD_DATA') && cause.value === '0x') {
    return new ChainError(
      'CONTRACT_MISSING',
      `there is no such contract on the chain that ${rpcUrl} serves: deploy (\`chain deploy\`), or use the record of the ` +
        'deployment on this chain',
      { cause },
    );
  }
  if (isError(cause, 'INSUFFICIENT_FUNDS') || /insufficient funds/i.test(String(cause))) {
    return new ChainError(
      'INSUFFICIENT_FUNDS',
      `the account can't pay for the transaction, says ${rpcUrl}: send it some of the chain's currency`,
      { cause },
    );
  }
  const answer = nodeRefusal(cause);
  if (answer !== undefined) return new ChainError('REFUSED', `${rpcUrl} refuses: ${answer}`, { cause });
  return new ChainError(
    'NODE_UNREACHABLE',
    `the node at ${rpcUrl} does not answer (${(cause as Error).message}): is it running, and is that its address?`,
    { cause },
  );
}

/** An account that is short, in figures. */
export function insufficientFunds(account: string, balance: bigint, needed: bigint): ChainError {
  return new ChainError(
    'INSUFFICIENT_FUNDS',
    `account ${account} has ${formatEther(balance)} and needs up to ${formatEther(needed)} for this transaction: send it ` +
      "some of the chain's currency",
  );
}

const reverts: Record<string, { code: ChainErrorCode; say: (args: string[]) => string }> = {
  LogUnknown: {
    code: 'LOG_UNKNOWN',
    say: ([log]) =>
      `log ${bareHex(log!)} was never opened on this chain: have its organisation open it (\`chain enrol\`)`,
  },
  LogIsClosed: {
    code: 'LOG_CLOSED',
    say: ([log, successor]) =>
      `log ${bareHex(log!)} is closed and takes no more: ` +
      (BigInt(successor!) === 0n ? 'open a new one' : `its successor is ${bareHex(successor!)}`),
  },
  Inconsistent: {
    code: 'INCONSISTENT',
    say: ([log, anchored, size]) =>
      `the proof from ${anchored} to ${size} entries of log ${bareHex(log!)} does not hold: read the head again; if it is ` +
      'still refused, this log is not the one that was anchored',
  },
  SizeRegressed: {
    code: 'STALE',
    say: ([log, anchored, size]) =>
      `log ${bareHex(log!)} is anchored at ${anchored} entries, more than the ${size} that were sent: read the head again; ` +
      'a log that is shorter than its anchor was restored from an old backup',
  },
  RootConflict: {
    code: 'STALE',
    say: ([log, size, anchored, root]) =>
      `log ${bareHex(log!)} is anchored at ${size} entries with root ${anchored}, not ${root}: two gateways share its ` +
      'origin, or its store was replaced; close it in favour of a successor',
  },
  EnforcedPause: {
    code: 'PAUSED',
    say: () => 'the contract is paused by its pauser: wait until it is resumed, nothing is lost meanwhile',
  },
  AccessControlUnauthorizedAccount: {
    code: 'MISSING_ROLE',
    say: ([account, role]) =>
      `account ${account} lacks role ${role}: have whoever rules over it grant it (over an organisation's accounts and logs, ` +
      'the organisation itself)',
  },
  NotRegistrar: {
    code: 'MISSING_ROLE',
    say: ([account, organisation]) =>
      `account ${account} is no registrar of organisation ${organisation}, whose the key is: have the organisation make it ` +
      'one (`chain organisation grant`)',
  },
  SubjectOfOtherOrganisation: {
    code: 'KEY_CONFLICT',
    say: ([subject, organisation]) =>
      `${bareHex(subject!)} is of organisation ${organisation}, whose registrars alone enrol its keys: ask them, or take ` +
      'another id or origin',
  },
  OrganisationAlreadyAdmitted: {
    code: 'REFUSED',
    say: ([organisation]) =>
      `organisation ${organisation} was admitted before, and names its accounts itself (\`chain organisation grant\`)`,
  },
  AccessControlInvalidDefaultAdmin: {
    code: 'REFUSED',
    say: ([account]) =>
      `account ${account} was not named as the next admin: have the present admin name it first`,
  },
  AccessControlEnforcedDefaultAdminDelay: {
    code: 'REFUSED',
    say: ([schedule]) =>
      `the transfer can be accepted after ${new Date(Number(schedule) * 1000).toISOString()} and not before: try again then`,
  },
  AccessControlEnforcedDefaultAdminRules: {
    code: 'REFUSED',
    say: () =>
      'the admin role is not granted or revoked: it changes hands by `chain admin begin` and `accept`',
  },
  KeyAlreadyEnrolled: {
    code: 'KEY_CONFLICT',
    say: ([key, subject, number]) =>
      `key ${bareHex(key!)} is enrolled already, as key ${number} of ${bareHex(subject!)}: a key has one subject for ever, ` +
      'make a new one',
  },
  KeyInvalid: {
    code: 'KEY_UNACCEPTABLE',
    say: ([key]) => `${bareHex(key!)} is no acceptable Ed25519 key: make a new one`,
  },
};

/** The data of a revert, as a ChainError. */
export function explainRevert(data: string, cause?: unknown): ChainError {
  const description = parseRevert(data);
  if (description === null) {
    return new ChainError('REFUSED', `the contract refuses without saying why (${data.slice(0, 10)})`, {
      cause,
    });
  }
  const args = description.args.map(String);
  const known = reverts[description.name];
  return known === undefined
    ? new ChainError('REFUSED', `the contract refuses: ${description.name}(${args.join(', ')})`, { cause })
    : new ChainError(known.code, known.say(args), { cause });
}

function parseRevert(data: string): ErrorDescription | null {
  return anchorLogInterface.parseError(data) ?? deviceRegistryInterface.parseError(data);
}

/** Where ethers keeps the data of a revert depends on which call met it. */
export function findRevertData(error: unknown): string | undefined {
  const found = error as { code?: unknown; data?: unknown; info?: { error?: { data?: unknown } } };
  if (found.code !== 'CALL_EXCEPTION' && found.info === undefined) return undefined;
  for (const data of [found.data, found.info?.error?.data]) {
    if (typeof data === 'string' && /^0x[0-9a-f]{8}/.test(data)) return data;
  }
  return undefined;
}

/** The message of a JSON-RPC error: the node is there, and says no. */
function nodeRefusal(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { error: inner, info } = error as {
    error?: { message?: unknown };
    info?: { error?: { message?: unknown } };
  };
  for (const message of [inner?.message, info?.error?.message]) {
    if (typeof message === 'string') return message;
  }
  return undefined;
}
