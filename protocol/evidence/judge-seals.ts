import { type Finding, failed, notChecked, passed } from '../bundle/check.ts';
import type { FinalityRule } from '../bundle/trust-policy.ts';
import type { BlockHeader } from './block-header.ts';
import { recoverSealer } from './clique.ts';
import { recoverCommitters } from './qbft.ts';
import { type Validators, cliqueMajority, qbftQuorum, validatorsAt } from './validators.ts';

/** Whether the pinned validators vouch for the first of these headers, and whether they can still take it back. */
export type SealFindings = { authentic: Finding; final: Finding };

const unsealed = notChecked(
  '您没有指定该链的验证者，区块头无人担保',
  'the policy pins no validators of the chain, and nobody else vouches for the header',
);

/**
 * @param headers the anchor's block, and the blocks after it in their order, each the parent of the next
 * @throws ProtocolError HEADER where the extraData is not of QBFT
 */
export function judgeSeals(
  headers: readonly BlockHeader[],
  validators: Validators | undefined,
  rule: FinalityRule,
): SealFindings {
  if (validators === undefined) return { authentic: unsealed, final: unsealed };
  return validators.consensus === 'qbft'
    ? judgeCommitSeals(headers[0]!, validators)
    : judgeSealers(headers, validators, rule);
}

/** QBFT: two thirds, rounded up, of the validators in force at the block signed it. It is final when it is there. */
function judgeCommitSeals(header: BlockHeader, validators: Validators): SealFindings {
  const set = validatorsAt(validators, header.number);
  if (set === undefined) return both(noSet(header.number));
  const committers = recoverCommitters(header);
  const strangers = committers.filter((address) => address === undefined || !set.has(address));
  if (strangers.length > 0) return both(strange(header.number, strangers[0]));
  const distinct = new Set(committers).size;
  const quorum = qbftQuorum(set.size);
  const [zh, en] = [
    `${set.size} 个验证者中有 ${distinct} 个签署了该区块，要求 ${quorum} 个`,
    `${distinct} of ${set.size} validators sealed the block, ${quorum} are asked for`,
  ];
  return distinct >= quorum ? both(passed(zh, en)) : both(notChecked(zh, en));
}

/**
 * Clique: more than half of the signers in force sealed the block or one of those after it, so at least one honest signer
 * built on it. Final: as many blocks after it as the policy's rule asks for, and more than half of the signers among those
 * alone. Where the signers change among these blocks, each set wants more than half of its own: a minority of those at the
 * anchor could otherwise borrow the rest from a set that comes later.
 */
function judgeSealers(
  headers: readonly BlockHeader[],
  validators: Validators,
  rule: FinalityRule,
): SealFindings {
  const sealers: string[] = [];
  const sets = new Map<string, Set<string>>();
  for (const header of headers) {
    const set = validatorsAt(validators, header.number);
    if (set === undefined) return both(noSet(header.number));
    const sealer = recoverSealer(header);
    if (sealer === undefined || !set.has(sealer)) return both(strange(header.number, sealer));
    sealers.push(sealer);
    sets.set([...set].join(), set);
  }
  const all = leastVouching([...sets.values()], sealers);
  const [zh, en] = [
    `${all.size} 个签名者中有 ${all.vouching} 个在该区块或其后出块，要求 ${all.majority} 个`,
    `${all.vouching} of ${all.size} signers sealed the block or one after it, ${all.majority} are asked for`,
  ];
  const authentic = all.vouching >= all.majority ? passed(zh, en) : notChecked(zh, en);

  const later = headers.length - 1;
  const wanted = rule.kind === 'confirmations' ? rule.blocks : 1;
  const { vouching, majority } = leastVouching([...sets.values()], sealers.slice(1));
  const [finalZh, finalEn] = [
    `其后 ${later} 个区块（要求 ${wanted} 个）由 ${vouching} 个不同的签名者签署（要求 ${majority} 个）`,
    `${later} later blocks of the ${wanted} asked for, sealed by ${vouching} signers of the ${majority} asked for`,
  ];
  const final =
    later >= wanted && vouching >= majority ? passed(finalZh, finalEn) : notChecked(finalZh, finalEn);
  return { authentic, final };
}

/** Of these sets the one that misses most of its majority, or has the least above it: how many of its members sealed. */
function leastVouching(
  sets: readonly Set<string>[],
  sealers: readonly string[],
): { size: number; vouching: number; majority: number } {
  const counted = sets.map((set) => ({
    size: set.size,
    vouching: new Set(sealers.filter((sealer) => set.has(sealer))).size,
    majority: cliqueMajority(set.size),
  }));
  return counted.reduce((least, one) =>
    one.vouching - one.majority < least.vouching - least.majority ? one : least,
  );
}

const both = (finding: Finding): SealFindings => ({ authentic: finding, final: finding });

function noSet(blockNumber: number): Finding {
  return notChecked(
    `您指定的验证者不包括第 ${blockNumber} 个区块`,
    `the policy pins no validators for block ${blockNumber}`,
  );
}

function strange(blockNumber: number, signer: string | undefined): Finding {
  return failed(
    `第 ${blockNumber} 个区块的签名不属于您指定的验证者`,
    `block ${blockNumber} is sealed by ${signer ?? 'nobody'}, who is no validator that the policy pins`,
  );
}
