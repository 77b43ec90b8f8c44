import type { Queries } from '@tianyuan/platform';
import type { Binding } from '@tianyuan/protocol';
import { bindings } from '../database/schema.ts';
import { authorize, signerOf } from '../people/authorize.ts';
import type { Projection } from '../records/projection.ts';
import type { Recorded } from '../records/recorded.ts';
import { carrierUri } from './carrier.ts';
import { findBatchesAmong, readMeasured } from './read-carriage.ts';

/**
 * Which device measures what, from the bindings that people and devices sign. One whose signer had no say over the device
 * or over what carries it is kept, for it was said, and counts for nothing.
 */
export const bindingProjection: Projection = {
  name: 'bindings',
  takes: ['binding'],
  open: ['binding'],
  tables: [bindings],
  async apply(tx, record) {
    const { index: atIndex, at, by, body } = record;
    const { device, to, from, until } = body as Binding;
    const signer = signerOf(record);
    const mayBind = (scope: { kind: Binding['to']['kind'] | 'device'; id: string }) =>
      authorize(tx, signer, 'bind-device', scope, at, atIndex);
    const counts = (await mayBind({ kind: 'device', id: device })) && (await mayBind(to));
    await tx
      .insert(bindings)
      .values({ atIndex, at, by, device, carrier: carrierUri(to), from, until: until ?? null, counts });
  },
  batches: batchesOf,
};

/** The batches that it is about: the one that it names, or those that the device measures through it. */
async function batchesOf(tx: Queries, { index, body }: Recorded): Promise<string[]> {
  const { device, to } = body as Binding;
  if (to.kind === 'batch') return [to.id];
  const things = (await readMeasured(tx, device, index + 1)).map(({ thing }) => thing);
  return (await findBatchesAmong(tx, things)).map(({ batchId }) => batchId);
}
