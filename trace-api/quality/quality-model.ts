/** A picture or a spectrum of a sample, as it was sent. */
export type Sample = { kind: 'picture' | 'spectrum'; mediaType: string; bytes: Uint8Array };

/** What was measured, by name; whole numbers, the unit ending the name. */
export type Findings = Record<string, number>;

/** `score` in m%: 87,500 is 87.5 %. It sorts what a person should look at first; it grades nothing. */
export type Scored = { state: 'scored'; score: number; findings: Findings };

/** Why a sample tells nothing. */
export type Unusable = {
  state: 'unusable';
  reason:
    'undecodable' | 'too-small' | 'too-dark' | 'overexposed' | 'blurred' | 'no-fruit' | 'refused-by-model';
  /** with the figures, and what to do */
  detail: string;
};

/**
 * What scores samples. A verdict is `screening`, whichever model gave it: what a batch's grade is, an inspector says.
 * `check` throws QualityModelError where the model itself cannot be asked.
 */
export type QualityModel = {
  name: string;
  version: string;
  takes: readonly Sample['kind'][];
  /** m%: a lower score opens a work order */
  leastScore: number;
  check: (sample: Sample) => Promise<(Scored & { model: string; version: string }) | Unusable>;
};

/** The model does not answer, or not in the form agreed. Whether it will later, it does not say. */
export class QualityModelError extends Error {
  override readonly name = 'QualityModelError';
}
