import {
  type AnchorClient,
  type FinalityRule,
  connectAnchor,
  finalityRuleOf,
  readDeployment,
  readValidators,
} from '@tianyuan/chain';
import type { Config } from '../config.ts';
import { readAccountKey } from './account-key.ts';

type ChainAddress = NonNullable<Config['chain']>;

/**
 * The anchoring account's side of the configured chain. Asks the chain nothing yet.
 * @throws GatewayError CONFIG or ChainError for a record or a key that cannot be read
 */
export async function connectChain(address: ChainAddress): Promise<AnchorClient> {
  const { rpcUrl, deployment, accountKey, gasPriceWei, maxFeePerGasWei } = address;
  return connectAnchor({
    rpcUrl,
    deployment: await readDeployment(deployment),
    privateKey: readAccountKey(accountKey),
    ...(gasPriceWei !== undefined && { gasPrice: BigInt(gasPriceWei) }),
    finality: await readFinalityRule(address),
    ...(maxFeePerGasWei !== undefined && { maxFeePerGas: BigInt(maxFeePerGasWei) }),
  });
}

/** When a block of the configured chain is final. @throws ChainError for a list of validators that cannot be read */
export async function readFinalityRule({
  stateFile,
  confirmations,
  validators,
}: ChainAddress): Promise<FinalityRule> {
  return finalityRuleOf({
    stateFile,
    confirmations,
    validators: validators === undefined ? undefined : await readValidators(validators),
  });
}
