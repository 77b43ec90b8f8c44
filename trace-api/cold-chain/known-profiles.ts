import { defaultDeltaH } from '@tianyuan/protocol';
import type { Profile } from './profile.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const maxGapMs = 30 * minute;

// Limits are from the sources; how long they have to be exceeded, and over which gap a state is held, is ours.

const navelOrange: Profile = {
  profile: 'navel-orange',
  name: { zh: '脐橙', en: 'navel oranges' },
  rules: [
    {
      kind: 'above',
      id: 'warm',
      type: 'temperature',
      limit: 8_000,
      forMs: 30 * minute,
      maxGapMs,
      deltaH: defaultDeltaH,
    },
    { kind: 'below', id: 'chilled', type: 'temperature', limit: 3_000, forMs: 2 * hour, maxGapMs },
    {
      kind: 'mkt',
      id: 'warm-day',
      type: 'temperature',
      limit: 8_000,
      overMs: day,
      maxGapMs,
      deltaH: defaultDeltaH,
    },
  ],
  reportingMs: 10 * minute,
  shelfLife: {
    model: 'q10',
    referenceMilliCelsius: 5_000,
    // Respiration 2-4, 3-5, 6-12, 11-17 ml CO2/(kg·h) at 5, 10, 15, 20 °C: from the middles at 5 and 20 °C,
    // (14 / 3)^(10/15) = 2.8; from the ends, (11 / 4)^(10/15) = 2.0 and (17 / 2)^(10/15) = 4.2.
    likely: { lifeMs: 70 * day, q10Milli: 2_800 },
    least: { lifeMs: 56 * day, q10Milli: 2_000 },
    most: { lifeMs: 90 * day, q10Milli: 4_200 },
    coldestMilliCelsius: 3_000,
    maxGapMs: 2 * hour,
    source:
      'M. L. Arpaia, A. A. Kader, Orange: Recommendations for Maintaining Postharvest Quality, UC Davis: 3-8 °C for up to ' +
      '3 months, respiration by temperature; 8-12 weeks in carriers’ guides. Q10 of respiration taken as that of ageing.',
  },
  source:
    'M. L. Arpaia, A. A. Kader, Orange: Recommendations for Maintaining Postharvest Quality, UC Davis: optimum 3-8 °C',
};

const leafyVegetables: Profile = {
  profile: 'leafy-vegetables',
  name: { zh: '叶菜', en: 'leafy vegetables' },
  rules: [
    {
      kind: 'above',
      id: 'warm',
      type: 'temperature',
      limit: 5_000,
      forMs: 30 * minute,
      maxGapMs,
      deltaH: defaultDeltaH,
    },
    { kind: 'below', id: 'freezing', type: 'temperature', limit: -200, forMs: 10 * minute, maxGapMs },
  ],
  reportingMs: 10 * minute,
  shelfLife: {
    model: 'q10',
    referenceMilliCelsius: 0,
    // 21 days at 0 °C and 14 at 5 °C: (21 / 14)^(10/5) = 2.25; the bounds are a fifth to either side, "around" and "about".
    likely: { lifeMs: 21 * day, q10Milli: 2_250 },
    least: { lifeMs: 17 * day, q10Milli: 1_800 },
    most: { lifeMs: 25 * day, q10Milli: 2_700 },
    coldestMilliCelsius: 0,
    maxGapMs: 2 * hour,
    source:
      'M. Cantwell, T. Suslow, Lettuce, Romaine: Recommendations for Maintaining Postharvest Quality, UC Davis: around ' +
      '21 days at 0 °C, about 14 at 5 °C',
  },
  source:
    'M. Cantwell, T. Suslow, Lettuce, Romaine, UC Davis: optimum 0 °C, shorter life at 5 °C, freezing injury below −0.2 °C',
};

const chilledPork: Profile = {
  profile: 'chilled-pork',
  name: { zh: '冷鲜猪肉', en: 'chilled pork' },
  rules: [
    {
      kind: 'above',
      id: 'warm',
      type: 'temperature',
      limit: 4_000,
      forMs: 2 * hour,
      maxGapMs,
      deltaH: defaultDeltaH,
    },
    {
      kind: 'above',
      id: 'too-warm',
      type: 'temperature',
      limit: 7_000,
      forMs: 10 * minute,
      maxGapMs,
      deltaH: defaultDeltaH,
    },
  ],
  reportingMs: 10 * minute,
  source:
    '冷却肉 is kept at 0-4 °C; no meat above 7 °C: Regulation (EC) 853/2004, annex III, section I, chapter VII. No shelf life: ' +
    'storage times in the literature scatter by more than their mean (IIR 2000: 16 ± 16 days at 2-5 °C)',
};

const frozen: Profile = {
  profile: 'frozen',
  name: { zh: '冷冻食品', en: 'frozen food' },
  // No ΔH: USP <1079.2> says that a mean kinetic temperature says nothing of what is frozen.
  rules: [
    { kind: 'above', id: 'warm', type: 'temperature', limit: -18_000, forMs: 2 * hour, maxGapMs },
    { kind: 'above', id: 'too-warm', type: 'temperature', limit: -15_000, forMs: 10 * minute, maxGapMs },
  ],
  reportingMs: 10 * minute,
  source:
    'Directive 89/108/EEC, article 5: −18 °C, with brief upward fluctuations of no more than 3 °C in transport',
};

/** Profiles that can be chosen without recording them first; choosing one records it. */
export const knownProfiles: readonly Profile[] = [navelOrange, leafyVegetables, chilledPork, frozen];
