import { AnchorLog, DeviceRegistry } from '@tianyuan/contracts';
import { Interface, hexlify, id } from 'ethers';

export const anchorLogInterface = new Interface(AnchorLog.abi);
export const deviceRegistryInterface = new Interface(DeviceRegistry.abi);

/** Tells one ABI from another, whatever order or spacing it is written in: 8 hex digits. */
export const abiVersions = {
  anchorLog: abiVersion(anchorLogInterface),
  deviceRegistry: abiVersion(deviceRegistryInterface),
};

/**
 * What the contracts of this ABI answer as their RELEASE: 2 brought the admin's transfer in two steps, 3 organisations that
 * rule over themselves and their registrars.
 */
export const contractsRelease = 3;

/** IAnchorLog.Phase */
export const phases = ['unknown', 'open', 'closed'] as const;
/** IDeviceRegistry.SubjectKind */
export const subjectKinds = ['device', 'person', 'log'] as const;
/** IDeviceRegistry.KeyStatus */
export const keyStatuses = ['unknown', 'active', 'rotated', 'revoked'] as const;

export type Phase = (typeof phases)[number];
export type SubjectKind = (typeof subjectKinds)[number];
export type KeyStatus = (typeof keyStatuses)[number];

/** bytes32 of an organisation's name: the chain sees no names. */
export function organisationId(name: string): string {
  return id(name);
}

/** 64 lower-case hex digits without 0x, as log ids and subjects are written everywhere outside the chain. */
export function bareHex(bytes32: string | Uint8Array): string {
  return hexlify(bytes32).slice(2);
}

function abiVersion(abi: Interface): string {
  return id(abi.format(true).toSorted().join('\n')).slice(2, 10);
}
