import type { Interface } from 'ethers';
import { z } from 'zod';
import { anchorLogInterface, deviceRegistryInterface, subjectKinds } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import { bareHash, bytes, natural, oneOf, optionalHash } from './view.ts';

/** Where on the chain an event is. Hashes are 0x hex, `blockTime` is in Unix seconds as the chain has it. */
export type Position = {
  transactionHash: string;
  blockNumber: number;
  blockHash: string;
  blockTime: number;
  /** index of the event in its block */
  logIndex: number;
};

const keyOfSubject = { kind: oneOf(subjectKinds), subject: bareHash };

/** The events that matter here, from the contracts' words to ours. Ids are 64 hex digits, keys and roots 32 bytes. */
const eventSchemas = {
  /** a head grew; `signature` is the checkpoint's 64 bytes */
  Appended: z
    .object({ logId: bareHash, oldSize: natural, newSize: natural, root: bytes, checkpointSignature: bytes })
    .transform(({ logId, oldSize, newSize: size, root, checkpointSignature: signature }) => {
      return { logId, oldSize, size, root, signature };
    }),
  /** `anchorer` is the address that may append */
  LogOpened: z.object({ logId: bareHash, organisation: bareHash, anchorer: z.string() }),
  LogClosed: z.object({ logId: bareHash, size: natural, successor: optionalHash }),
  KeyEnrolled: z
    .object({ ...keyOfSubject, publicKey: bytes, keyNumber: natural })
    .transform(({ kind: subjectKind, ...key }) => ({ subjectKind, ...key })),
  /** `publicKey` hands over to `newPublicKey`, which has a KeyEnrolled of its own */
  KeyRotated: z
    .object({
      ...keyOfSubject,
      oldPublicKey: bytes,
      newPublicKey: bytes,
      newKeyNumber: natural,
      lastBoot: natural,
      lastSeq: natural,
    })
    .transform(({ kind: subjectKind, oldPublicKey: publicKey, ...key }) => ({
      subjectKind,
      publicKey,
      ...key,
    })),
  /** in every log from the size anchored at this moment on; `readRevocations` gives the index in each log */
  KeyRevoked: z
    .object({ ...keyOfSubject, publicKey: bytes })
    .transform(({ kind: subjectKind, ...key }) => ({ subjectKind, ...key })),
  /** in this log from that index on instead */
  KeyCut: z.object({ publicKey: bytes, logId: bareHash, fromIndex: natural }),
};

type Events = typeof eventSchemas;

/** What the contracts say, told apart by `kind`. */
export type ChainEvent = { [K in keyof Events]: { kind: K } & z.infer<Events[K]> & Position }[keyof Events];

/** A head that grew, and where. */
export type AnchorRecord = z.infer<Events['Appended']> & Position;

/** An event as `eth_getLogs` and a receipt give it. */
export type RawLog = { address: string; topics: readonly string[]; data: string };

/** Undefined for what neither contract says, and for their events that are of no concern here (roles, marks, pauses). */
export function decodeEvent(log: RawLog, at: Position, deployment: Deployment): ChainEvent | undefined {
  const description = interfaceAt(log.address, deployment)?.parseLog({
    topics: [...log.topics],
    data: log.data,
  });
  if (!description || !(description.name in eventSchemas)) return undefined;
  const kind = description.name as ChainEvent['kind'];
  return { kind, ...eventSchemas[kind].parse(description.args.toObject()), ...at } as ChainEvent;
}

function interfaceAt(address: string, { anchorLog, deviceRegistry }: Deployment): Interface | undefined {
  switch (address.toLowerCase()) {
    case anchorLog.address:
      return anchorLogInterface;
    case deviceRegistry.address:
      return deviceRegistryInterface;
    default:
      return undefined;
  }
}
