import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { box, destroy, farm, handOver, harvest, lot, make, pack, shop, ship } from './fixture/events.ts';
import { readEvent } from './read-event.ts';

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const fitsEpcis = ajv.compile(
  JSON.parse(readFileSync(new URL('./vectors/epcis-json-schema.json', import.meta.url), 'utf8')) as object,
);

const context = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { tianyuan: 'urn:tianyuan:' },
];

const associated = {
  type: 'AssociationEvent',
  eventTime: '2026-11-02T08:00:00Z',
  eventTimeZoneOffset: '+08:00',
  action: 'ADD',
  bizStep: 'installing',
  parentID: box('B-1'),
  childEPCs: ['urn:tianyuan:device:th-0007'],
};

describe('an event that is taken', () => {
  const taken: [string, object][] = [
    ['a harvest', harvest({ A: 500_000 }, { ilmd: { 'tianyuan:variety': '赣南脐橙' } })],
    ['a mix', make({ A: 300, B: 200 }, { C: 450, D: 30 }, 20)],
    ['packing', pack('ADD', box('B-1'), { lots: { A: 5 }, things: [box('B-2')] })],
    ['emptying', pack('DELETE', box('B-1'), {})],
    ['destroying', destroy({ A: 1 })],
    ['shipping', ship({ things: [box('B-1')] }, farm, shop)],
    ['a hand-over', handOver({ A: 100 }, 'urn:tianyuan:order:202609060001', shop)],
    ['a device in a box', associated],
    [
      'a step and members of somebody’s own',
      harvest({ A: 1 }, { bizStep: 'https://farm.example/pruning', 'ex:a': 1 }),
    ],
    [
      'an SSCC in a truck',
      pack('ADD', 'urn:tianyuan:truck:%E8%B5%A3B', { things: ['https://id.gs1.org/00/106141412345678908'] }),
    ],
  ];
  test.each(taken)('%s fits the public schema of EPCIS 2.0', (_, event) => {
    expect(readEvent(event)).not.toHaveProperty('rule');
    fitsEpcis({ '@context': context, ...event });
    expect(fitsEpcis.errors).toBeNull();
  });

  test('says what a lot became, in the one URI of each', () => {
    const event = make({}, { C: 300 }, 0, {
      inputQuantityList: [
        { epcClass: 'https://shop.example/01/6901234567892/10/A', quantity: 300, uom: 'GRM' },
      ],
      bizLocation: { id: 'urn:tianyuan:room:Shed%201' },
    });
    expect(readEvent(event)).toMatchObject({
      lots: [
        { lot: lot('A'), role: 'use', amount: { quantity: 300, uom: 'GRM' } },
        { lot: lot('C'), role: 'output', amount: { quantity: 300, uom: 'GRM' } },
      ],
      timeMs: Date.UTC(2026, 10, 2),
      bizLocation: 'urn:tianyuan:room:Shed%201',
    });
  });

  test('that sells takes from the lot as a sale', () => {
    expect(readEvent({ ...destroy({ A: 2 }), bizStep: 'retail_selling' })).toMatchObject({
      lots: [{ role: 'sold' }],
    });
  });

  test('hands over to who has it rather than to who owns it', () => {
    const event = {
      ...ship({ lots: { A: 1 } }, farm, shop),
      destinationList: [
        { type: 'owning_party', destination: farm },
        { type: 'possessing_party', destination: shop },
      ],
    };
    expect(readEvent(event)).toMatchObject({ from: farm, to: shop });
  });
});

describe('an event that is refused names the member', () => {
  test.each<[string, string, unknown]>([
    ['no event at all', 'type', null],
    ['an event of no type', 'type', { ...harvest({ A: 1 }), type: 'HarvestEvent' }],
    [
      'kilograms',
      'quantityList.0.uom',
      harvest({}, { quantityList: [{ epcClass: lot('A'), quantity: 1, uom: 'KGM' }] }),
    ],
    ['a half', 'quantityList.0.quantity', harvest({ A: 0.5 })],
    ['nothing of a lot', 'quantityList.0.quantity', harvest({ A: 0 })],
    [
      'a lot without a quantity',
      'quantityList.0.quantity',
      harvest({}, { quantityList: [{ epcClass: lot('A') }] }),
    ],
    [
      'a GTIN with a wrong check digit',
      'quantityList.0.epcClass',
      harvest({}, { quantityList: [{ epcClass: 'https://id.gs1.org/01/06901234567893/10/A', quantity: 1 }] }),
    ],
    [
      'a lot twice',
      'quantityList',
      harvest({}, { quantityList: [1, 2].map((quantity) => ({ epcClass: lot('A'), quantity })) }),
    ],
    ['neither lot nor thing', 'quantityList', harvest({})],
    ['a step that GS1 does not have', 'bizStep', harvest({ A: 1 }, { bizStep: 'harvesting' })],
    [
      'a step under the name of GS1',
      'bizStep',
      harvest({ A: 1 }, { bizStep: 'urn:epcglobal:cbv:bizstep:shipping' }),
    ],
    ['a disposition that GS1 does not have', 'disposition', harvest({ A: 1 }, { disposition: 'tasty' })],
    ['a misspelt member', 'quantityLst', harvest({ A: 1 }, { quantityLst: [] })],
    ['a member of another type', 'quantityList', make({ A: 1 }, { B: 1 }, 0, { quantityList: [] })],
    ['an error declaration', 'errorDeclaration', harvest({ A: 1 }, { errorDeclaration: {} })],
    ['serial numbers that go in', 'inputEPCList', make({ A: 1 }, { B: 1 }, 0, { inputEPCList: [] })],
    ['nothing that goes in', 'inputQuantityList', make({}, { B: 1 }, 0)],
    ['a lot made of itself', 'outputQuantityList.0.epcClass', make({ A: 2 }, { A: 1 }, 1)],
    ['a box in itself', 'childEPCs', pack('ADD', box('B'), { things: [box('B')] })],
    ['nothing that is packed', 'childEPCs', pack('ADD', box('B'), {})],
    [
      'packing into nothing',
      'parentID',
      { ...pack('ADD', box('B'), { lots: { A: 1 } }), parentID: undefined },
    ],
    ['a lot as a parent', 'parentID', pack('ADD', lot('A'), { lots: { B: 1 } })],
    [
      'a lot that is associated',
      'childQuantityList',
      { ...associated, childQuantityList: [{ epcClass: lot('A'), quantity: 1 }] },
    ],
    ['who gets it as plain words', 'destinationList', ship({ lots: { A: 1 } }, farm, 'https://shop.example')],
    [
      'a hand-over without a document',
      'bizTransactionList',
      { ...handOver({ A: 1 }, 'urn:x:1', shop), bizTransactionList: [] },
    ],
    ['a day that is none', 'eventTime', harvest({ A: 1 }, { eventTime: '2026-13-01T00:00:00Z' })],
    ['ilmd of what was there before', 'ilmd', { ...destroy({ A: 1 }), ilmd: { 'tianyuan:variety': 'x' } }],
  ])('%s', (_, member, event) => {
    expect(readEvent(event)).toMatchObject({ member, rule: expect.any(String) as string });
  });
});
