import {
  Contract,
  type ContractTransactionResponse,
  Interface,
  type JsonRpcSigner,
  ZeroAddress,
  concat,
  getBytes,
  toBeHex,
} from 'ethers';
import safe from '@safe-global/safe-smart-account/build/artifacts/contracts/Safe.sol/Safe.json' with { type: 'json' };
import factory from '@safe-global/safe-smart-account/build/artifacts/contracts/proxies/SafeProxyFactory.sol/SafeProxyFactory.json' with { type: 'json' };
import { deploy } from '../simulated-chain.ts';

/** A Safe, as it is deployed everywhere: the published contracts, behind the proxy that its factory makes. */
export type SafeAccount = {
  address: string;
  /** Makes one call, with what these owners sign; the Safe refuses where they are too few. */
  execute: (signers: JsonRpcSigner[], to: string, data: string) => Promise<ContractTransactionResponse>;
};

export async function deploySafe(
  payer: JsonRpcSigner,
  owners: JsonRpcSigner[],
  threshold: number,
): Promise<SafeAccount> {
  const singleton = await deploy(safe, payer);
  const proxies = await deploy(factory, payer);
  const setup = new Interface(safe.abi).encodeFunctionData('setup', [
    owners.map(({ address }) => address),
    threshold,
    ZeroAddress,
    '0x',
    ZeroAddress,
    ZeroAddress,
    0,
    ZeroAddress,
  ]);
  const create = [await singleton.getAddress(), setup, 0] as const;
  const address = (await proxies['createProxyWithNonce']!.staticCall(...create)) as string;
  await ((await proxies['createProxyWithNonce']!(...create)) as ContractTransactionResponse).wait();
  const account = new Contract(address, safe.abi, payer);
  return {
    address,
    async execute(signers, to, data) {
      const call = [to, 0, data, 0, 0, 0, 0, ZeroAddress, ZeroAddress] as const;
      const nonce = (await account['nonce']!()) as bigint;
      const hash = (await account['getTransactionHash']!(...call, nonce)) as string;
      return account['execTransaction']!(
        ...call,
        await sign(signers, hash),
      ) as Promise<ContractTransactionResponse>;
    },
  };
}

/** In ascending order of the owners, v + 4: `eth_sign`, by Safe's rules. */
async function sign(signers: JsonRpcSigner[], hash: string): Promise<string> {
  const sorted = signers.toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const signatures = await Promise.all(
    sorted.map(async (signer) => {
      const signature = getBytes(await signer.signMessage(getBytes(hash)));
      return concat([signature.slice(0, 64), toBeHex(signature[64]! + 4)]);
    }),
  );
  return concat(signatures);
}
