import { eq } from 'drizzle-orm';
import { containmentFacts, eventFacts, lotFacts, pieceMasses } from '../database/schema.ts';
import type { Projection } from '../records/projection.ts';
import { applyEvent } from './apply-event.ts';
import { findBatches } from './find-batches.ts';
import { judgeEvent } from './judge-event.ts';
import { applySale, judgeSale, saleStatements } from './sale.ts';

/** Lots, what they were made of, what is in which box, and how much is left: from signed EPCIS events and from sales. */
export const genealogyProjection: Projection = {
  name: 'genealogy',
  statements: saleStatements,
  takes: ['event', ...Object.keys(saleStatements)],
  open: ['event'],
  tables: [eventFacts, lotFacts, pieceMasses, containmentFacts],
  refuse: (tx, record) => (record.name === 'event' ? judgeEvent(tx, record) : judgeSale(tx, record)),
  apply: (tx, record) => (record.name === 'event' ? applyEvent(tx, record) : applySale(tx, record)),
  async batches(tx, record) {
    const rows = await tx
      .selectDistinct({ lot: lotFacts.lot })
      .from(lotFacts)
      .where(eq(lotFacts.atIndex, record.index));
    const found = await findBatches(
      tx,
      rows.map(({ lot }) => lot),
    );
    return [...found.values()].map(({ batchId }) => batchId);
  },
};
