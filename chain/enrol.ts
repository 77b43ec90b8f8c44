import {
  bytesToHex,
  equalBytes,
  isAcceptablePublicKey,
  logId,
  sha256,
  utf8ToBytes,
} from '@tianyuan/protocol';
import { hexlify } from 'ethers';
import { ChainError } from './chain-error.ts';
import {
  type SubjectKind,
  anchorLogInterface,
  deviceRegistryInterface,
  organisationId,
  subjectKinds,
} from './contracts.ts';
import type { Deployment } from './deployment.ts';
import { readLogState } from './log-state.ts';
import { type ChainNode, type NodeAddress, openNode } from './node.ts';
import { type Organisation, readOrganisation } from './organisation.ts';
import { readKey } from './registry.ts';
import { grantAnchorer } from './roles.ts';
import { type Transactor, type TransactorOptions, openTransactor } from './transactor.ts';

/** A device or a person by its id, or a log by its origin; `key` counts its keys from 1. `publicKey` is 32 bytes. */
export type KeyToEnrol = { kind: SubjectKind; id: string; key: number; publicKey: Uint8Array };

/** A log to open, and the address of the account that may append to it. */
export type LogToOpen = { origin: string; organisation: string; anchorer: string };

export type EnrolOptions = Omit<NodeAddress, 'chainId'> &
  TransactorOptions & {
    deployment: Deployment;
    keys?: KeyToEnrol[];
    /** of an account that is registrar of `keysOf`; both needed with keys */
    registrarKey?: string;
    /** whose keys these are, for ever: a subject has one organisation */
    keysOf?: Organisation;
    logs?: LogToOpen[];
    /** of the account with the role of every organisation named; needed with logs */
    organisationKey?: string;
  };

/** What was done; the rest of what was asked had been there already. */
export type EnrolResult = { enrolled: number; opened: number; granted: number };

/** At most 151,000 gas each: a quarter of a 30-million block. */
const keysAtOnce = 50;
const readsAtOnce = 20;

/**
 * Enrols keys and opens logs, as far as that has not been done.
 * @throws ChainError KEY_UNACCEPTABLE, KEY_CONFLICT, LOG_CLOSED, MISSING_ROLE and whatever sending meets
 */
export async function enrol(options: EnrolOptions): Promise<EnrolResult> {
  const { deployment, keys = [], logs = [] } = options;
  const node = openNode({ ...options, chainId: deployment.chainId });
  try {
    // Logs first: the key of one that is open is nobody's to enrol but its organisation's.
    const opening =
      logs.length === 0
        ? { opened: 0, granted: 0 }
        : await openLogs(node, account(node, options.organisationKey, options), deployment, logs);
    const enrolled = keys.length === 0 ? 0 : await enrolKeys(node, options, keys);
    return { enrolled, ...opening };
  } finally {
    node.close();
  }
}

async function enrolKeys(node: ChainNode, options: EnrolOptions, keys: KeyToEnrol[]): Promise<number> {
  const { deployment, keysOf } = options;
  const registrar = account(node, options.registrarKey, options);
  if (keysOf === undefined) throw new ChainError('REFUSED', 'keys are of an organisation: name it');
  for (const key of keys) requireAcceptable(key);
  const missing: KeyToEnrol[] = [];
  for (let i = 0; i < keys.length; i += readsAtOnce) {
    const some = keys.slice(i, i + readsAtOnce);
    const there = await Promise.all(some.map((key) => readKey(node, deployment, subjectOf(key.id), key.key)));
    there.forEach((known, j) => {
      const wanted = some[j]!;
      if (known === undefined) missing.push(wanted);
      else if (!equalBytes(known.publicKey, wanted.publicKey)) throw keyConflict(wanted, known.publicKey);
    });
  }
  // The contract numbers a subject's keys without holes.
  missing.sort((a, b) => a.key - b.key);
  const organisation = missing.length === 0 ? undefined : await readOrganisation(node, deployment, keysOf);
  for (let i = 0; i < missing.length; i += keysAtOnce) {
    const enrolments = missing
      .slice(i, i + keysAtOnce)
      .map(({ kind, id, key, publicKey }) => [
        subjectKinds.indexOf(kind),
        subjectOf(id),
        key,
        hexlify(publicKey),
      ]);
    const data = deviceRegistryInterface.encodeFunctionData('enrolMany', [organisation, enrolments]);
    await registrar.confirm(await registrar.send({ to: deployment.deviceRegistry.address, data }));
  }
  return missing.length;
}

async function openLogs(
  node: ChainNode,
  organisation: Transactor,
  deployment: Deployment,
  logs: LogToOpen[],
): Promise<{ opened: number; granted: number }> {
  const done = { opened: 0, granted: 0 };
  for (const { origin, organisation: name, anchorer } of logs) {
    const id = hexlify(logId(origin));
    const { phase } = await readLogState(node, deployment, logId(origin));
    if (phase === 'closed') {
      throw new ChainError(
        'LOG_CLOSED',
        `log ${origin} is closed and can't be opened again: open a successor`,
      );
    }
    if (phase === 'open') {
      done.granted += await grantAnchorer(node, organisation, deployment, { logId: id, account: anchorer });
      continue;
    }
    const data = anchorLogInterface.encodeFunctionData('openLog', [id, organisationId(name), anchorer]);
    await organisation.confirm(await organisation.send({ to: deployment.anchorLog.address, data }));
    done.opened += 1;
  }
  return done;
}

/** The chain refuses small-order and non-canonical keys; mixed-order ones only whoever can compute on the curve. */
function requireAcceptable({ kind, id, publicKey }: KeyToEnrol): void {
  if (isAcceptablePublicKey(publicKey)) return;
  throw new ChainError(
    'KEY_UNACCEPTABLE',
    `the key of ${kind} ${id}, ${bytesToHex(publicKey)}, is no acceptable Ed25519 key (32 bytes, canonical, of the prime ` +
      'order): make a new one',
  );
}

function keyConflict({ kind, id, key, publicKey }: KeyToEnrol, known: Uint8Array): ChainError {
  return new ChainError(
    'KEY_CONFLICT',
    `key ${key} of ${kind} ${id} is enrolled as ${bytesToHex(known)}, not ${bytesToHex(publicKey)}: rotate to the new key, ` +
      'or enrol it under the next number',
  );
}

/** SHA-256 of the id or origin. */
function subjectOf(id: string): Uint8Array {
  return sha256(utf8ToBytes(id));
}

function account(node: ChainNode, privateKey: string | undefined, options: TransactorOptions): Transactor {
  if (privateKey !== undefined) return openTransactor(node, privateKey, options);
  throw new ChainError(
    'ACCOUNT_UNREADABLE',
    'enrolling keys needs a registrar, opening logs an organisation admin: name them',
  );
}
