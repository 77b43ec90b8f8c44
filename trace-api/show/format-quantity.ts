import { type QuantityName, type Reading, dataDictionary } from '@tianyuan/protocol';
import type { Language } from './language.ts';

/** Decimals that a sensor of the kind is good for; the rest of its digits is noise to a reader. */
const decimals = {
  temperature: 1,
  humidity: 0,
  soil_pH: 1,
  soil_moisture: 0,
  gps: 5,
  co2: 0,
  illuminance: 0,
  door: 0,
  battery: 2,
} as const satisfies Record<QuantityName, number>;

/** The dictionary's `%RH` is a meteorologist's word; the quantity's name says already of what it is a percentage. */
function unitOf(type: QuantityName): string {
  return type === 'humidity' ? '%' : dataDictionary[type].displayUnit;
}

export function quantityTitle(type: QuantityName, language: Language): string {
  const name = dataDictionary[type].name[language];
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A travelling integer as people write it, without its unit; with U+2212 for minus. */
export function formatNumber(type: QuantityName, scaled: number, digits: number = decimals[type]): string {
  const number = (scaled / dataDictionary[type].scale).toFixed(digits);
  return (Number(number) === 0 ? number.replace('-', '') : number).replace('-', '\u2212');
}

/** With its unit, a no-break space between. */
export function formatValue(type: QuantityName, scaled: number): string {
  return `${formatNumber(type, scaled)}\u00a0${unitOf(type)}`.trimEnd();
}

/** A limit as it was agreed: 8 °C, not 8.0 °C. */
export function formatLimit(type: QuantityName, scaled: number): string {
  const digits = scaled % dataDictionary[type].scale === 0 ? 0 : decimals[type];
  return `${formatNumber(type, scaled, digits)}\u00a0${unitOf(type)}`;
}

export function formatSpan(type: QuantityName, min: number, max: number): string {
  return `${formatNumber(type, min)} – ${formatValue(type, max)}`;
}

/** One reading of a message to the last digit that was signed. */
export function formatReading({ type, value }: Reading, language: Language): string {
  if (typeof value !== 'number') return value.map((degrees) => exactValue('gps', degrees)).join(', ');
  if (type !== 'door') return exactValue(type, value);
  if (language === 'zh') return value === 0 ? '关' : '开';
  return value === 0 ? 'closed' : 'open';
}

function exactValue(type: QuantityName, scaled: number): string {
  const digits = Math.log10(dataDictionary[type].scale);
  const number = formatNumber(type, scaled, digits);
  return `${digits === 0 ? number : number.replace(/\.?0+$/, '')}\u00a0${unitOf(type)}`;
}
