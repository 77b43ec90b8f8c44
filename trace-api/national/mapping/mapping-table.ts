import { z } from 'zod';
import { converterNames } from './converters.ts';

/**
 * One line of a mapping: which of their members makes which of ours. A quantity and its unit are two of theirs and one of
 * ours, hence the list.
 */
export type Rule = {
  theirs: string[];
  ours: string;
  /** what people call it */
  label: string;
  as: (typeof converterNames)[number] | { codes: string } | { object: Rule[] } | { list: Rule[] };
};

const member = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/);

const ruleSchema: z.ZodType<Rule> = z.lazy(() =>
  z.strictObject({
    theirs: z.array(member).min(1).max(2),
    ours: member,
    label: z.string().min(1).max(40),
    as: z.union([
      z.enum(converterNames),
      z.strictObject({ codes: z.string() }),
      z.strictObject({ object: z.array(ruleSchema) }),
      z.strictObject({ list: z.array(ruleSchema) }),
    ]),
  }),
);

/**
 * A mapping as data. A version is for ever: what was stored under it is read under it, and a change is a new file with a
 * new number.
 */
export const mappingTableSchema = z
  .strictObject({
    /** the platform's schema version, and our count of tables for it */
    version: z.string().regex(/^tc-\d+\.\d+\/\d+$/),
    schemaVersion: z.string(),
    fields: z.array(ruleSchema).max(100),
    /** their code to our word; each word once, so that it leads back */
    codes: z.record(z.string(), z.record(z.string(), z.string())),
  })
  .superRefine(({ fields, codes }, ctx) => {
    for (const trouble of [...findTroubles(fields, codes), ...findAmbiguous(codes)]) {
      ctx.addIssue({ code: 'custom', message: trouble });
    }
  });

export type MappingTable = z.infer<typeof mappingTableSchema>;

function findTroubles(rules: readonly Rule[], codes: MappingTable['codes']): string[] {
  const theirs = rules.flatMap((rule) => rule.theirs);
  const ours = rules.map((rule) => rule.ours);
  return [
    ...twice(theirs).map((name) => `their ${name} is mapped twice`),
    ...twice(ours).map((name) => `our ${name} is made twice`),
    ...rules.flatMap(({ as, ours: name, theirs: from }) => {
      if (typeof as === 'string')
        return (as === 'quantity') === (from.length === 2) ? [] : [`${name}: wrong number of members`];
      if (from.length !== 1) return [`${name}: wrong number of members`];
      if ('codes' in as) return as.codes in codes ? [] : [`${name}: there is no list of codes ${as.codes}`];
      return findTroubles('object' in as ? as.object : as.list, codes);
    }),
  ];
}

function findAmbiguous(codes: MappingTable['codes']): string[] {
  return Object.entries(codes).flatMap(([name, list]) =>
    twice(Object.values(list)).map((word) => `${name}: two codes mean ${word}`),
  );
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
