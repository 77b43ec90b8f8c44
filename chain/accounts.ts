import { logId } from '@tianyuan/protocol';
import { HDNodeWallet } from 'ethers';

/** The accounts of a chain whose every role one machine holds. */
export type LocalAccounts = {
  /** default admin, organisation admin, pauser, and who pays for the others */
  admin: HDNodeWallet;
  registrar: HDNodeWallet;
  /** the account that appends to one log, the same for the same origin */
  anchorerOf: (origin: string) => HDNodeWallet;
};

/** BIP 44 accounts of a phrase: 0 the roles, 1 the anchorers, whose index is taken from the log's id. */
export function deriveAccounts(mnemonic: string): LocalAccounts {
  const ethereum = HDNodeWallet.fromPhrase(mnemonic, undefined, "m/44'/60'");
  const roles = ethereum.derivePath("0'/0");
  const anchorers = ethereum.derivePath("1'/0");
  return {
    admin: roles.deriveChild(0),
    registrar: roles.deriveChild(1),
    anchorerOf: (origin) => anchorers.deriveChild(childIndex(logId(origin))),
  };
}

/** BIP 32 has 2^31 children that are not hardened: two logs of one chain won't meet there. */
function childIndex(id: Uint8Array): number {
  return new DataView(id.buffer, id.byteOffset).getUint32(0) & 0x7fffffff;
}
