import { demonstration, demonstrationBatch } from '../demonstration.ts';
import {
  type OrganisationName,
  lots,
  organisations,
  people,
  personNames,
  plots,
  room,
  traceCode,
} from './cast.ts';
import type { Journey } from './journey.ts';
import { truck, truckSensors } from './truck.ts';

/** A write by the owner, under the name of its step. */
export type Declaration = { step: string; method: 'PUT' | 'POST'; path: string; body: object };

const dayMs = 24 * 3_600_000;

/** Who there is, what belongs to whom, and who may speak of what: everything before anybody signs. Pure. */
export function declarePeople(begunAt: number): Declaration[] {
  const from = begunAt - 365 * dayMs;
  const organisation = (of: OrganisationName) => ({ kind: 'organisation', id: organisations[of].uscc });
  const belonging = (thing: { kind: string; id: string }, to: object): Declaration => ({
    step: `what ${thing.kind} ${thing.id} belongs to`,
    method: 'POST',
    path: '/api/v1/belongings',
    body: { thing, to, from },
  });
  const role = (person: string, name: string, of: OrganisationName): Declaration => ({
    step: `${person} is ${name} of the ${of}`,
    method: 'POST',
    path: '/api/v1/roles',
    body: { person, role: name, scope: organisation(of), from },
  });
  return [
    ...Object.entries(organisations).map(([of, { uscc, ...body }]): Declaration => ({
      step: `the ${of}`,
      method: 'PUT',
      path: `/api/v1/organisations/${uscc}`,
      body,
    })),
    ...personNames.map((id): Declaration => ({
      step: `the person ${id}`,
      method: 'PUT',
      path: `/api/v1/people/${id}`,
      body: { organisation: organisations[people[id].of].uscc, fields: { name: people[id].name } },
    })),
    ...personNames.map((id) => role(id, people[id].role, people[id].of)),
    role('sun-yue', 'inspector', 'farm'),
    role('sun-yue', 'inspector', 'packer'),
    ...Object.entries(plots).map(([id, plot]): Declaration => ({
      step: `the plot ${id}`,
      method: 'PUT',
      path: `/api/v1/plots/${id}`,
      body: {
        organisation: organisations.farm.uscc,
        ...plot,
        place: { zh: '江西省赣州市安远县欣山镇', en: 'Xinshan, Anyuan, Jiangxi' },
        irrigationSource: '山泉水',
      },
    })),
    ...Object.keys(plots).map((id) => belonging({ kind: 'plot', id }, organisation('farm'))),
    belonging({ kind: 'room', id: room }, organisation('packer')),
    belonging({ kind: 'truck', id: truck }, organisation('carrier')),
    ...truckSensors.map((id) => belonging({ kind: 'device', id }, { kind: 'truck', id: truck })),
  ];
}

/** The product, and the lots on its way from two plots to a box. Pure. */
export function declareProduct(begunAt: number, devices: readonly string[], journey: Journey): Declaration[] {
  const { gtin } = demonstration;
  const shared = demonstrationBatch(devices);
  const batch = (name: keyof typeof lots, kilograms: number, more: object): Declaration => ({
    step: `the batch ${lots[name].batchId}`,
    method: 'PUT',
    path: `/api/v1/batches/${lots[name].batchId}`,
    body: {
      ...shared,
      lot: lots[name].lot,
      limits: [],
      devices: [],
      ...described(begunAt, journey, kilograms),
      ...more,
    },
  });
  return [
    {
      step: 'the product',
      method: 'PUT',
      path: '/api/v1/products/gannan-navel',
      body: {
        title: shared.product,
        categoryId: 'citrus',
        attributes: { 品种: '纽荷尔', 等级: '一级' },
        organisation: organisations.packer.uscc,
      },
    },
    {
      step: 'the SKU',
      method: 'PUT',
      path: '/api/v1/skus/gannan-5kg',
      body: { productId: 'gannan-navel', packSize: '5 kg', price: 6_900, weight: 5_000, barCode: gtin },
    },
    batch('fromPlot3', 620, { farmPlotId: 'xiangyang-3', farmerId: 'li-wei', irrigationSource: '山泉水' }),
    batch('fromPlot7', 380, { farmPlotId: 'xiangyang-7', farmerId: 'li-wei', irrigationSource: '山泉水' }),
    batch('graded', 952, { processingDate: day(journey.loadedAt) }),
    batch('gift', 250, { processingDate: day(journey.loadedAt), expiryDate: day(begunAt + 45 * dayMs) }),
    {
      step: `the batch ${lots.boxed.batchId}`,
      method: 'PUT',
      path: `/api/v1/batches/${lots.boxed.batchId}`,
      body: boxedBatch(begunAt, devices, journey),
    },
    {
      step: 'whose the boxed batch is',
      method: 'POST',
      path: '/api/v1/belongings',
      body: {
        thing: { kind: 'batch', id: lots.boxed.batchId },
        to: { kind: 'organisation', id: organisations.packer.uscc },
        from: begunAt - 365 * dayMs,
      },
    },
    {
      step: 'how navel oranges are to be kept',
      method: 'PUT',
      path: `/api/v1/batches/${lots.boxed.batchId}/profile`,
      body: { profile: 'navel-orange' },
    },
  ];
}

/** The batch whose page is shown, with the devices that accompany it. */
export function boxedBatch(begunAt: number, devices: readonly string[], journey: Journey): object {
  return {
    ...demonstrationBatch(devices),
    ...described(begunAt, journey, 700),
    processingDate: day(journey.loadedAt),
    expiryDate: day(begunAt + 45 * dayMs),
    farmerId: 'li-wei',
    traceRecordId: traceCode,
    qualityGrade: '一级',
  };
}

const described = (begunAt: number, journey: Journey, kilograms: number) => ({
  harvestedAt: journey.loadedAt - 14 * 3_600_000,
  skuId: 'gannan-5kg',
  harvestYear: Number(day(begunAt).slice(0, 4)),
  totalQty: { quantity: kilograms * 1_000, uom: 'GRM' },
});

const day = (time: number) => new Date(time + 8 * 3_600_000).toISOString().slice(0, 10);

/** What the shop has sold of it so far, and the close of the batch on its way. Pure. */
export function declareSales(): Declaration[] {
  const path = `/api/v1/batches/${lots.boxed.batchId}`;
  const sale = (orderNo: string, kilograms: number): Declaration => ({
    step: `order ${orderNo}`,
    method: 'POST',
    path: `${path}/sales`,
    body: { orderNo, quantity: kilograms * 1_000, uom: 'GRM' },
  });
  return [
    sale('202611250001', 5),
    sale('202611250002', 10),
    { step: 'the batch is closed', method: 'POST', path: `${path}/close`, body: {} },
  ];
}
