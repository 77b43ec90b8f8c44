import type { NationalFault } from './fault.ts';
import type { MappingTable } from './mapping/mapping-table.ts';
import type { NationalDocument } from './platform/parse-document.ts';
import type { Algorithm } from './signing/signature.ts';

/** The bytes of one answer, kept by their hash whatever they are worth. */
export type NationalResponse = {
  status: number;
  /** as received; at most `maxResponseBytes` */
  body: Uint8Array;
  /** whether a trusted key of the environment signed exactly this, for exactly our question */
  signature: 'valid' | 'invalid' | 'absent';
  /** the key it names, where it names one */
  keyId: string | undefined;
  /** what was signed, in its own words; where a trusted key did */
  signed?: SignedAnswer;
};

/** With the body, whose digest is in the text, and the platform's public key anybody verifies it: docs/trace-china.md. */
export type SignedAnswer = { algorithm: Algorithm; text: string; signature: string };

/** What asking for one trace code came to. `response` is there whenever the platform answered at all. */
export type NationalAnswer = { environment: string; mapping: MappingTable } & (
  | { state: 'record'; document: NationalDocument; response: NationalResponse }
  | { state: 'fault'; fault: NationalFault; detail: string; response: NationalResponse | undefined }
);

/** One environment as it looks from here. */
export type EnvironmentHealth = {
  environment: string;
  state: 'healthy' | 'failing' | 'open';
  /** the last fault since it was last healthy */
  fault: NationalFault | undefined;
  /** how far the platform's clock is ahead of ours, ms, as its signed answers say */
  skewMs: number;
};

/**
 * The port to the national traceability platform, requirement sections 4.4 and 10: health, gray switch and traffic split
 * are behind it.
 */
export type NationalTraceAdapter = {
  /** Never rejects, and ends within the environment's time-out times its tries, and as much again for a fallback. */
  fetchRecord: (traceCode: string) => Promise<NationalAnswer>;
  /** Asks every environment how it is, so that one that is sick is known before a record is wanted. */
  probe: () => Promise<EnvironmentHealth[]>;
  health: () => EnvironmentHealth[];
  close: () => Promise<void>;
};

/** The platform's code of a batch, 追溯码: what `trace_record_id` of requirement 5.2 maps to. */
export const traceCodePattern = /^[A-Za-z0-9]{8,64}$/;
