import type { z } from 'zod';
import type { Amount } from './amount.ts';
import type { EventFacts, LotFact, LotRole, MalformedEvent, Packing } from './event-facts.ts';
import { eventSchemas, partyUri } from './event-schema.ts';

type Schemas = typeof eventSchemas;
type Parsed = { [Type in keyof Schemas]: z.infer<Schemas[Type]> };
type Members = Pick<
  Parsed['ObjectEvent'],
  'eventTime' | 'bizStep' | 'disposition' | 'readPoint' | 'bizLocation' | 'sourceList' | 'destinationList'
>;
type LotMaybe = { lot: string; amount: Amount | undefined };
type Own = Omit<EventFacts, 'step' | 'disposition' | 'timeMs' | 'readPoint' | 'bizLocation' | 'from' | 'to'>;

/** What an EPCIS 2.0 event says of lots and things, or the member that is not as docs/epcis.md has it. */
export function readEvent(event: unknown): EventFacts | MalformedEvent {
  const type = (event as { type?: unknown } | null)?.type;
  switch (type) {
    case 'ObjectEvent':
      return read(eventSchemas.ObjectEvent, event, readObject);
    case 'AggregationEvent':
      return read(eventSchemas.AggregationEvent, event, readAggregation);
    case 'AssociationEvent':
      return read(eventSchemas.AssociationEvent, event, readAssociation);
    case 'TransactionEvent':
      return read(eventSchemas.TransactionEvent, event, readTransaction);
    case 'TransformationEvent':
      return read(eventSchemas.TransformationEvent, event, readTransformation);
    default:
      return { member: 'type', rule: 'is none of the five types of EPCIS 2.0' };
  }
}

function read<Type extends Members>(
  schema: z.ZodType<Type>,
  event: unknown,
  own: (parsed: Type) => Own | MalformedEvent,
): EventFacts | MalformedEvent {
  const result = schema.safeParse(event);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    return { member: path.join('.') || 'type', rule: message };
  }
  const parsed = result.data;
  const facts = own(parsed);
  if ('rule' in facts) return facts;
  const parties = readParties(parsed);
  if ('rule' in parties) return parties;
  return {
    ...facts,
    ...parties,
    step: parsed.bizStep,
    disposition: parsed.disposition,
    timeMs: Date.parse(parsed.eventTime),
    readPoint: parsed.readPoint?.id,
    bizLocation: parsed.bizLocation?.id,
  };
}

const rolesOfObject = { ADD: 'commission', OBSERVE: 'observe', DELETE: 'loss' } as const;
const sellingSteps = new Set(['retail_selling', 'dispensing']);

function readObject(event: Parsed['ObjectEvent']): Own | MalformedEvent {
  const { action, epcList, quantityList, bizStep, ilmd } = event;
  if (epcList.length + quantityList.length === 0) {
    return { member: 'quantityList', rule: 'the event names neither a lot nor a thing' };
  }
  if (ilmd !== undefined && action !== 'ADD') {
    return { member: 'ilmd', rule: 'comes with action ADD only' };
  }
  const sold = action === 'DELETE' && bizStep !== undefined && sellingSteps.has(bizStep);
  const lots = withRole(quantityList, sold ? 'sold' : rolesOfObject[action]);
  const missing = action === 'OBSERVE' ? -1 : quantityList.findIndex(({ amount }) => amount === undefined);
  if (missing >= 0) {
    return { member: `quantityList.${missing}.quantity`, rule: `is needed where action is ${action}` };
  }
  const pieceMass = event['tianyuan:pieceMass'];
  return {
    ...nothing,
    type: event.type,
    action,
    lots,
    things: uris(epcList),
    pieceMasses: pieceMass,
  };
}

function readAggregation(event: Parsed['AggregationEvent']): Own | MalformedEvent {
  return readPacking(event);
}

function readAssociation(event: Parsed['AssociationEvent']): Own | MalformedEvent {
  if (event.parentID === undefined) return { member: 'parentID', rule: 'is needed' };
  if (event.childQuantityList.length > 0) {
    return {
      member: 'childQuantityList',
      rule: 'a lot is aggregated (AggregationEvent), a device or an asset associated',
    };
  }
  return readPacking(event);
}

function readPacking(event: Parsed['AggregationEvent'] | Parsed['AssociationEvent']): Own | MalformedEvent {
  const { type, action, parentID, childEPCs, childQuantityList } = event;
  const isNothing = childEPCs.length + childQuantityList.length === 0;
  if (parentID === undefined && action !== 'OBSERVE') return { member: 'parentID', rule: 'is needed' };
  if (isNothing && action !== 'DELETE') return { member: 'childEPCs', rule: 'nothing goes into the parent' };
  if (childEPCs.some(({ uri }) => uri === parentID?.uri)) {
    return { member: 'childEPCs', rule: 'a thing cannot be inside itself' };
  }
  const missing = childQuantityList.findIndex(({ amount }) => amount === undefined);
  if (missing >= 0 && action !== 'OBSERVE') {
    return { member: `childQuantityList.${missing}.quantity`, rule: `is needed where action is ${action}` };
  }
  const children: Packing['children'] = [
    ...childEPCs.map(({ uri }) => ({ child: uri, amount: undefined })),
    ...childQuantityList.map(({ lot, amount }) => ({ child: lot, amount })),
  ];
  return {
    ...nothing,
    type,
    action,
    lots: withRole(childQuantityList, 'child'),
    things: [...(parentID === undefined ? [] : [parentID.uri]), ...uris(childEPCs)],
    packing:
      parentID === undefined || action === 'OBSERVE' ? undefined : { action, parent: parentID.uri, children },
  };
}

function readTransaction(event: Parsed['TransactionEvent']): Own | MalformedEvent {
  const { type, action, parentID, epcList, quantityList } = event;
  if (epcList.length + quantityList.length === 0) {
    return { member: 'quantityList', rule: 'the event names neither a lot nor a thing' };
  }
  const things = [...(parentID === undefined ? [] : [parentID.uri]), ...uris(epcList)];
  return { ...nothing, type, action, lots: withRole(quantityList, 'observe'), things };
}

function readTransformation(event: Parsed['TransformationEvent']): Own | MalformedEvent {
  const inputs = event.inputQuantityList;
  const outputs = event.outputQuantityList;
  const both = outputs.findIndex(({ lot }) => inputs.some((input) => input.lot === lot));
  if (both >= 0)
    return { member: `outputQuantityList.${both}.epcClass`, rule: 'a lot cannot be made of itself' };
  return {
    ...nothing,
    type: event.type,
    action: undefined,
    lots: [...withRole(inputs, 'use'), ...withRole(outputs, 'output')],
    losses: event['tianyuan:loss'],
    pieceMasses: event['tianyuan:pieceMass'],
  };
}

const nothing = { packing: undefined, losses: [], pieceMasses: [], things: [] };

const uris = (things: { uri: string }[]): string[] => things.map(({ uri }) => uri);

const withRole = (lots: readonly LotMaybe[], role: LotRole): LotFact[] =>
  lots.map(({ lot, amount }) => ({ lot, role, amount }));

/** Who has it counts before who owns it: a recall goes to where the goods are. */
const partyOrder = ['possessing_party', 'owning_party'];

function readParties(event: Members): { from: string | undefined; to: string | undefined } | MalformedEvent {
  const from = choose((event.sourceList ?? []).map(({ type, source }) => [type, source]));
  const to = choose((event.destinationList ?? []).map(({ type, destination }) => [type, destination]));
  for (const [member, uri] of [
    ['sourceList', from],
    ['destinationList', to],
  ] as const) {
    if (uri !== undefined && !partyUri.safeParse(uri).success) {
      return { member, rule: `${uri} is no urn:tianyuan:organisation:{uscc}, person, plot or room` };
    }
  }
  return { from: canonical(from), to: canonical(to) };
}

const choose = (listed: [type: string, uri: string][]): string | undefined =>
  partyOrder.map((type) => listed.find((one) => one[0] === type)?.[1]).find((uri) => uri !== undefined);

const canonical = (uri: string | undefined): string | undefined =>
  uri === undefined ? undefined : partyUri.parse(uri);
