import { constants } from './constants.ts';
import { type Scale, simulate, steps } from './simulate.ts';

/** Each line of the table: what it says, and the figure of one step. */
const lines: [string, (scale: Scale) => string][] = [
  ['messages/s, all devices', ({ messagesPerSecond }) => figure(messagesPerSecond)],
  ['hub transactions a minute', ({ hubTransactions }) => figure(hubTransactions)],
  ['share of the chain’s gas, by the hub', ({ shareOfChain }) => percent(shareOfChain)],
  ['share if each gateway anchors itself', ({ shareOfChainDirect }) => percent(shareOfChainDirect)],
  ['shortest interval for all logs, s', ({ shortestIntervalSeconds }) => figure(shortestIntervalSeconds)],
  ['gas a message', ({ gasPerMessage }) => figure(gasPerMessage)],
  ['calldata a year', ({ chainBytesPerYear }) => bytes(chainBytesPerYear)],
  ['mirror a year', ({ mirrorBytesPerYear }) => bytes(mirrorBytesPerYear)],
  ['cores that verify', ({ mirrorCores }) => figure(mirrorCores)],
  ['entries of one log after a year', ({ logSize }) => figure(logSize)],
  ['hashes of an inclusion proof then', ({ proofHashes }) => figure(proofHashes)],
];

/** The table and the constants under it, as docs/scale.md has them. */
export function formatScale(): string {
  const scales = steps.map(simulate);
  const rows = [
    ['gateways', ...steps.map((step) => figure(step))],
    ['---', ...steps.map(() => '---:')],
    ...lines.map(([name, of]) => [name, ...scales.map(of)]),
  ];
  const table = rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
  const sources = Object.entries(constants).map(
    ([name, { value, from }]) => `| \`${name}\` | ${figure(value)} | ${from} |`,
  );
  return `${table}\n\n| constant | value | from |\n|---|---:|---|\n${sources.join('\n')}\n`;
}

/** Whole from a thousand on, three digits below. */
function figure(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString('en')
    : value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en', { maximumSignificantDigits: 3 })} %`;
}

function bytes(count: number): string {
  for (const [unit, size] of [
    ['PB', 1e15],
    ['TB', 1e12],
    ['GB', 1e9],
  ] as const) {
    if (count >= size)
      return `${(count / size).toLocaleString('en', { maximumSignificantDigits: 3 })} ${unit}`;
  }
  return `${(count / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 })} MB`;
}
