import { readFileSync } from 'node:fs';
import { type MappingTable, mappingTableSchema } from './mapping-table.ts';

/** Every table that ever was: what was stored under one is read under it. */
const files = ['tc-1.0-1.json'];

const tables: ReadonlyMap<string, MappingTable> = new Map(
  files.map((file) => {
    const text = readFileSync(new URL(`./tables/${file}`, import.meta.url), 'utf8');
    const table = mappingTableSchema.parse(JSON.parse(text));
    return [table.version, table];
  }),
);

/** @param version such as `tc-1.0/1` */
export function findMapping(version: string): MappingTable | undefined {
  return tables.get(version);
}
