import { z } from 'zod';
import { uoms } from './amount.ts';
import { isBizStep } from './biz-step.ts';
import { parseThing } from './thing.ts';

// The members of EPCIS 2.0 events (section 7.4) that are acted on here, narrower than EPCIS: lots and things of ours, whole
// numbers. What these take, the EPCIS JSON schema takes.

/** A message has 16 KiB at most, so longer lists do not come; this says so. */
const maxList = 200;

/** RFC 3986 in its own characters: what JSON schema calls the format `uri`. */
const uri = z
  .string()
  .max(512)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/, 'not a URI')
  .refine((text) => !/%(?![0-9A-Fa-f]{2})/.test(text), 'a percent sign without two hex digits');

const notOfGs1 = uri.regex(
  /^(?!urn:epcglobal:cbv|https?:\/\/ns\.gs1\.org\/cbv\/)/,
  'write the bare word of CBV 2.0',
);

const thing = uri.transform((text, ctx) => {
  const found = parseThing(text);
  if (found !== undefined && found.kind !== 'lot') return found;
  ctx.addIssue(
    'names no box, truck, room, plot, organisation, person or device: urn:tianyuan:{kind}:{id}, or an SSCC',
  );
  return z.NEVER;
});

const lot = uri.transform((text, ctx) => {
  const found = parseThing(text);
  if (found?.kind === 'lot') return found.uri;
  ctx.addIssue('is not the Digital Link of a lot, https://id.gs1.org/01/{gtin}/10/{lot}');
  return z.NEVER;
});

const party = thing.refine(
  ({ kind }) => kind === 'organisation' || kind === 'person' || kind === 'plot' || kind === 'room',
  'names no organisation, person, plot or room',
);

const uom = z.enum(uoms, 'quantities are whole grams (GRM) or pieces (H87)');
const quantity = z.int('a whole number').min(1);

/** EPCIS 7.3.3.3: without a unit it counts pieces. */
const amountOfLot = z
  .strictObject({ epcClass: lot, quantity, uom: uom.default('H87') })
  .transform(({ epcClass, ...amount }) => ({ lot: epcClass, amount }));

const lotPerhapsAmount = z
  .strictObject({ epcClass: lot, quantity: quantity.optional(), uom: uom.default('H87') })
  .transform((element) => ({
    lot: element.epcClass,
    amount: element.quantity === undefined ? undefined : { quantity: element.quantity, uom: element.uom },
  }));

/** A list in which everything stands once. */
const listOf = <Item>(item: z.ZodType<Item>, key: (item: Item) => string) =>
  z
    .array(item)
    .max(maxList)
    .refine((items) => new Set(items.map(key)).size === items.length, 'names the same twice');

const lots = listOf(amountOfLot, ({ lot: id }) => id);
const lotsObserved = listOf(lotPerhapsAmount, ({ lot: id }) => id);
const things = listOf(thing, ({ uri: id }) => id);

const place = z.looseObject({ id: uri });
const partyTypes = z.union([z.enum(['owning_party', 'possessing_party', 'location']), notOfGs1]);
const sources = z.array(z.strictObject({ type: partyTypes, source: uri })).max(maxList);
const destinations = z.array(z.strictObject({ type: partyTypes, destination: uri })).max(maxList);

const transactionTypes =
  'bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt'.split(' ');
const transactions = z
  .array(
    z.strictObject({ type: z.union([z.enum(transactionTypes), notOfGs1]).optional(), bizTransaction: uri }),
  )
  .max(maxList);

const step = z.union([z.string().refine(isBizStep), notOfGs1], 'is no business step of CBV 2.0, and no URI');

// CBV 2.0 section 7.2
const dispositionWords = `
  active available completeness_inferred completeness_verified conformant container_closed container_open damaged
  destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance
  mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled
  reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown`
  .trim()
  .split(/\s+/);
const disposition = z.union([z.enum(dispositionWords), notOfGs1], 'is no disposition of CBV 2.0, and no URI');

/** Members that any event may have. A member of somebody's own has a prefix, as JSON-LD and EPCIS demand. */
const common = {
  '@context': z.unknown().optional(),
  eventTime: z.iso.datetime({ offset: true }),
  eventTimeZoneOffset: z.string(),
  recordTime: z.iso.datetime({ offset: true }).optional(),
  eventID: uri.optional(),
  certificationInfo: z.union([uri, z.array(uri)]).optional(),
  bizStep: step.optional(),
  disposition: disposition.optional(),
  readPoint: place.optional(),
  bizLocation: place.optional(),
  bizTransactionList: transactions.optional(),
  sourceList: sources.optional(),
  destinationList: destinations.optional(),
};
const action = z.enum(['ADD', 'OBSERVE', 'DELETE']);
const ilmd = z.record(
  z.string().regex(/^[A-Za-z][\w+.-]*:\S+$/, 'a member of ilmd has a prefix'),
  z.unknown(),
);

/** JSON-LD of ours: what was lost on the way, and what a piece weighs. */
const loss = z.array(z.strictObject({ reason: z.string().min(1).max(100), quantity, uom })).max(maxList);
const pieceMass = listOf(
  z
    .strictObject({ epcClass: lot, grams: quantity })
    .transform((of) => ({ lot: of.epcClass, grams: of.grams })),
  ({ lot: id }) => id,
);

const children = {
  ...common,
  action,
  parentID: thing.optional(),
  childEPCs: things.default([]),
  childQuantityList: lotsObserved.default([]),
};

const prefixed = /^[A-Za-z][\w+.-]*:\S+$/;

/** Whatever is not listed has a prefix: a misspelt member is found, and an extension is not. */
function event<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.looseObject(shape).superRefine((value, ctx) => {
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(shape, name) || prefixed.test(name)) continue;
      const message =
        name === 'errorDeclaration'
          ? 'is not taken: log the event that puts it right'
          : 'is no member that is taken here; members of your own have a prefix';
      ctx.addIssue({ code: 'custom', path: [name], message });
    }
  });
}

export const eventSchemas = {
  ObjectEvent: event({
    ...common,
    type: z.literal('ObjectEvent'),
    action,
    epcList: things.default([]),
    quantityList: lotsObserved.default([]),
    ilmd: ilmd.optional(),
    'tianyuan:pieceMass': pieceMass.default([]),
  }),
  AggregationEvent: event({ ...children, type: z.literal('AggregationEvent') }),
  AssociationEvent: event({ ...children, type: z.literal('AssociationEvent') }),
  TransactionEvent: event({
    ...common,
    type: z.literal('TransactionEvent'),
    action,
    bizTransactionList: transactions.min(1),
    parentID: thing.optional(),
    epcList: things.default([]),
    quantityList: lotsObserved.default([]),
  }),
  TransformationEvent: event({
    ...common,
    type: z.literal('TransformationEvent'),
    inputQuantityList: lots.min(1, 'at least one lot goes in'),
    outputQuantityList: lots.min(1, 'at least one lot comes out'),
    ilmd: ilmd.optional(),
    'tianyuan:loss': loss.default([]),
    'tianyuan:pieceMass': pieceMass.default([]),
  }),
};

export const partyUri = party.transform(({ uri: id }) => id);
