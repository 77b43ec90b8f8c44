import { encodeRlp } from 'ethers';

/**
 * `extraData` of a QBFT genesis: RLP of 32 bytes of vanity, the validators in ascending order, no vote, round 0 and no seals.
 * https://besu.hyperledger.org/private-networks/how-to/configure/consensus/qbft#extra-data
 * @param validators addresses, 0x and 40 hex digits
 * @returns 0x hex
 */
export function qbftExtraData(validators: string[]): string {
  const ascending = validators.map((address) => address.toLowerCase()).toSorted();
  return encodeRlp([`0x${'00'.repeat(32)}`, ascending, [], '0x', []]);
}
