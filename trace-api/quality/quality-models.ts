import type { Config } from '../config.ts';
import { citrusColourModel } from './citrus-colour-model.ts';
import { httpQualityModel } from './http-model.ts';
import type { QualityModel } from './quality-model.ts';

/** The configured model service where there is one, and behind it the embedded model. */
export function qualityModels(
  config: Pick<Config, 'qualityModelUrl' | 'qualityModelTakes' | 'qualityLeastScore'>,
): QualityModel[] {
  const { qualityModelUrl: url, qualityModelTakes: takes, qualityLeastScore: leastScore } = config;
  return [...(url === undefined ? [] : [httpQualityModel({ url, takes, leastScore })]), citrusColourModel];
}
