import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageFlags } from '@tianyuan/gateway-agent/rules/flag.ts';
import { isRefusal, parseRuleFile } from '@tianyuan/gateway-agent/rules/rule-file.ts';
import { builtInRules, rulesOf } from '@tianyuan/gateway-agent/rules/rule-set.ts';
import { expect, test } from 'vitest';

const page = readFileSync(fileURLToPath(new URL('../../docs/rules.md', import.meta.url)), 'utf8');
const protocol = readFileSync(fileURLToPath(new URL('../../docs/protocol.md', import.meta.url)), 'utf8');

test('the flags of docs/rules.md are those of the gateway, in their order', () => {
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, flag]) => flag);
  expect(listed).toEqual(Object.keys(messageFlags));
});

test.each(Object.keys(messageFlags))('the flag %s is named in docs/protocol.md', (flag) => {
  expect(protocol).toContain(`\`${flag}\``);
});

test('the example is a rule file, and says what the page says of it', () => {
  const example = /```yaml\n([^]*?)```/.exec(page)![1]!;
  const rules = parseRuleFile(example);
  if (isRefusal(rules)) throw new Error(JSON.stringify(rules.faults));
  expect(rulesOf(rules, 'orchard-1')).toMatchObject({
    maxAheadMs: 120_000,
    expectedIntervalMs: Infinity,
    quantities: { temperature: { range: [-40_000, 60_000] }, humidity: builtInRules.quantities.humidity },
  });
  expect(rulesOf(rules, 'truck-03')).toMatchObject({
    maxAheadMs: 120_000,
    expectedIntervalMs: 60_000,
    quantities: {
      temperature: { range: [-30_000, 45_000], maxChangePerMinute: 5_000 },
      door: { maxChangePerMinute: Infinity },
    },
  });
  expect(rulesOf(rules, 'probe-soil-2').quantities.soil_moisture.stuckAfterMs).toBe(3 * 86_400_000);
});
