import type { MappingTable } from '../mapping/mapping-table.ts';
import type { SigningKey, TrustedKey } from '../signing/signature.ts';
import type { Sm2Form } from '../signing/sm2.ts';

/** One environment of the platform: production, its gray release, a test bed. */
export type NationalEnvironment = {
  /** a word of ours, logged with every answer */
  name: string;
  baseUrl: string;
  clientId: string;
  /** newest first */
  readSecrets: () => string[];
  form: Sm2Form;
  signing: SigningKey;
  trustedKeys: readonly TrustedKey[];
  mapping: MappingTable;
  /** of one request */
  timeoutMs: number;
};

/** A part of the codes goes to another environment than the primary one. */
export type Split = {
  environment: string;
  /** the gray switch: off leaves the numbers for later */
  on: boolean;
  /** of all codes, in hundredths of a percent: 0 to 10,000 */
  basisPoints: number;
  /** codes that begin so, always */
  prefixes: readonly string[];
};

export type NationalEnvironments = {
  primary: string;
  environments: readonly NationalEnvironment[];
  splits: readonly Split[];
  /** whether the primary one is asked where a split's environment is out */
  fallBack: boolean;
};
