import type { Queries } from '@tianyuan/platform';
import type { Bilingual } from '../batches/batch-view.ts';
import { findEntry } from '../catalogue/read-catalogue.ts';
import { scopeOf } from '../genealogy/thing.ts';
import { findOrganisation, findPerson } from '../people/read-people.ts';

/** What readers call things, each looked up once. */
export type NameThings = {
  /** of an event's URI: an organisation by its name, a plot by its own, the rest as their owner calls them */
  thing: (uri: string | null) => Promise<Bilingual | null>;
  /** by its 统一社会信用代码 */
  organisation: (uscc: string) => Promise<Bilingual>;
  /** a signer by their organisation: who it is that stands there is nobody's business */
  signer: (id: string) => Promise<Bilingual>;
};

export function nameThings(queries: Queries, asOf: number): NameThings {
  const once = <T>(find: (id: string) => Promise<T>) => {
    const known = new Map<string, Promise<T>>();
    return (id: string): Promise<T> => {
      let found = known.get(id);
      if (found === undefined) known.set(id, (found = find(id)));
      return found;
    };
  };
  const organisation = once(
    async (uscc) => (await findOrganisation(queries, uscc, asOf))?.name ?? same(uscc),
  );
  const plot = once(async (id) => (await findEntry(queries, 'plot', id, asOf))?.body.name ?? same(id));
  const signer = once(async (id) => {
    const person = await findPerson(queries, id, asOf);
    return person === undefined ? same(id) : organisation(person.organisation);
  });
  return {
    organisation,
    signer,
    async thing(uri) {
      const scope = uri === null ? undefined : scopeOf(uri);
      if (scope === undefined) return null;
      if (scope.kind === 'organisation') return organisation(scope.id);
      return scope.kind === 'plot' ? plot(scope.id) : same(scope.id);
    },
  };
}

const same = (text: string): Bilingual => ({ zh: text, en: text });
