import { type Quantity, dataDictionary, gpsRange } from '@tianyuan/protocol';

const head = `# Data dictionary

<!-- Written from protocol/data-dictionary.ts; \`npm test -- data-dictionary-page -u\` writes it again. -->

What a reading can be of. A \`value\` travels as an integer in the scaled unit; divide it by the scale to get the unit
that people read. The range is what the quantity can physically be and the change is the fastest that a working sensor
plausibly shows: a reading beyond the range is kept as evidence and flagged \`OUT_OF_RANGE\`, never refused. Numbers are
for ever.

| number | type | 名称 | name | travels as | scale | people read | range, scaled | range | fastest change a minute |
|---:|---|---|---|---|---:|---|---|---|---|`;

/** `docs/data-dictionary.md`, whole. */
export function dataDictionaryPage(): string {
  const rows = Object.entries(dataDictionary).map(([type, quantity]) => rowOf(type, quantity));
  return `${head}\n${rows.join('\n')}\n\n${positionNote()}`;
}

function rowOf(type: string, quantity: Quantity): string {
  const { number, unit, scale, displayUnit, range, maxChangePerMinute, name } = quantity;
  const [min, max] = range;
  const cells = [
    number,
    `\`${type}\``,
    name.zh,
    name.en,
    unit,
    plain(scale),
    displayUnit || '–',
    `${plain(min)} … ${plain(max)}`,
    `${plain(min / scale)} … ${measure(max / scale, displayUnit)}`,
    measure(maxChangePerMinute / scale, displayUnit),
  ];
  return `| ${cells.join(' | ')} |`;
}

function positionNote(): string {
  const { latitude, longitude } = gpsRange;
  return `A \`gps\` value is the pair \`[latitude, longitude]\`, latitude within ±${plain(latitude)} and longitude within
±${plain(longitude)}. Positions have messages of their own, so that they can be withheld alone.
`;
}

function measure(value: number, unit: string): string {
  return unit === '' ? plain(value) : `${plain(value)} ${unit}`;
}

function plain(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 7 }).replace('-', '−');
}
