import { type EpcisEvent, digitalLinkPath } from '@tianyuan/protocol';

// EPCIS events as the demonstration's people sign them. Quantities are grams.

type Lots = Record<string, number>;

const thing = (kind: 'truck' | 'room' | 'plot' | 'organisation', id: string) =>
  `urn:tianyuan:${kind}:${encodeURIComponent(id)}`;

/** @param gtin of every lot here: one product on its way */
export function eventsOf(gtin: string) {
  const listed = (lots: Lots) =>
    Object.entries(lots).map(([lot, quantity]) => ({
      epcClass: `https://id.gs1.org${digitalLinkPath({ gtin, lot })}`,
      quantity,
      uom: 'GRM',
    }));
  const event = (type: string, time: number, rest: object): EpcisEvent =>
    ({
      type,
      eventTime: inShanghai(time),
      eventTimeZoneOffset: '+08:00',
      ...rest,
    }) as EpcisEvent;

  return {
    harvest: (time: number, lots: Lots, plot: string) =>
      event('ObjectEvent', time, {
        action: 'ADD',
        bizStep: 'urn:tianyuan:bizstep:harvesting',
        disposition: 'active',
        quantityList: listed(lots),
        readPoint: { id: thing('plot', plot) },
        bizLocation: { id: thing('plot', plot) },
      }),
    transform: (
      time: number,
      step: 'washing' | 'grading' | 'mixing' | 'splitting',
      inputs: Lots,
      outputs: Lots,
      { lost, why, room }: { lost: number; why: string; room: string },
    ) =>
      event('TransformationEvent', time, {
        bizStep: `urn:tianyuan:bizstep:${step}`,
        inputQuantityList: listed(inputs),
        outputQuantityList: listed(outputs),
        ...(lost > 0 && { 'tianyuan:loss': [{ reason: why, quantity: lost, uom: 'GRM' }] }),
        readPoint: { id: thing('room', room) },
        bizLocation: { id: thing('room', room) },
      }),
    pack: (time: number, box: string, lots: Lots) =>
      event('AggregationEvent', time, {
        action: 'ADD',
        bizStep: 'packing',
        parentID: `https://id.gs1.org/00/${box}`,
        childQuantityList: listed(lots),
      }),
    load: (time: number, action: 'ADD' | 'DELETE', truck: string, boxes: readonly string[]) =>
      event('AggregationEvent', time, {
        action,
        bizStep: action === 'ADD' ? 'loading' : 'unloading',
        parentID: thing('truck', truck),
        childEPCs: boxes.map((box) => `https://id.gs1.org/00/${box}`),
      }),
    moveLots: (time: number, step: 'shipping' | 'receiving', lots: Lots, from: string, to: string) =>
      event('ObjectEvent', time, { ...moved(step, from, to), quantityList: listed(lots) }),
    move: (
      time: number,
      step: 'shipping' | 'receiving',
      boxes: readonly string[],
      from: string,
      to: string,
    ) =>
      event('ObjectEvent', time, {
        ...moved(step, from, to),
        epcList: boxes.map((box) => `https://id.gs1.org/00/${box}`),
      }),
  };
}

const moved = (step: 'shipping' | 'receiving', from: string, to: string) => ({
  action: 'OBSERVE',
  bizStep: step,
  disposition: step === 'shipping' ? 'in_transit' : 'in_progress',
  sourceList: [{ type: 'possessing_party', source: thing('organisation', from) }],
  destinationList: [{ type: 'possessing_party', destination: thing('organisation', to) }],
});

function inShanghai(time: number): string {
  return new Date(time + 8 * 3_600_000).toISOString().replace('Z', '+08:00');
}
