import { toQuantity } from 'ethers';
import type { Consortium } from './consortium.ts';
import { qbftExtraData } from './extra-data.ts';

/** Some 200 appends a block; a validator of two cores executes that in well under a second. */
const gasLimit = 30_000_000;

/**
 * Besu's genesis of a QBFT network whose transactions cost nothing, with all rules up to London, which is what the contracts
 * are compiled for. The same consortium always gives the same bytes: every organisation can make and compare its own.
 */
export function qbftGenesis({ chainId, blockPeriodSeconds }: Consortium, validators: string[]): object {
  return {
    config: {
      chainId,
      berlinBlock: 0,
      londonBlock: 0,
      // London's base fee would make transactions cost something all the same.
      zeroBaseFee: true,
      qbft: {
        blockperiodseconds: blockPeriodSeconds,
        epochlength: 30_000,
        requesttimeoutseconds: blockPeriodSeconds * 2,
      },
    },
    nonce: '0x0',
    timestamp: '0x0',
    extraData: qbftExtraData(validators),
    gasLimit: toQuantity(gasLimit),
    difficulty: '0x1',
    // "ctical byzantine fault tolerance": how Besu knows a block of the Istanbul family.
    mixHash: '0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365',
    coinbase: `0x${'00'.repeat(20)}`,
    alloc: {},
  };
}
