import type { Body } from '@tianyuan/protocol';
import { demonstration } from '../demonstration.ts';
import { type PersonName, boxes, lots, organisations, room } from './cast.ts';
import { truck, truckSensors } from './truck.ts';
import { eventsOf } from './events.ts';
import type { Journey } from './journey.ts';

/** Something that somebody signs, under the name of its step. */
export type Saying = { step: string; by: PersonName; body: Body };

const hourMs = 3_600_000;
const kg = 1_000; // quantities are grams

/** What the people of the story did, in the order in which they did it: harvest, hand-over, mix, split, way, sale. Pure. */
export function sayings(journey: Journey): Saying[] {
  const events = eventsOf(demonstration.gtin);
  const { loadedAt, unloadedAt, swappedAt } = journey;
  const { fromPlot3, fromPlot7, graded, gift, boxed } = lots;
  const { farm, packer, carrier, shop } = organisations;
  const harvested = { [fromPlot3.lot]: 620 * kg, [fromPlot7.lot]: 380 * kg };
  const [failed, replacement] = truckSensors;
  const inTruck = { kind: 'truck' as const, id: truck };
  const event = (step: string, by: PersonName, what: ReturnType<typeof events.harvest>): Saying => ({
    step,
    by,
    body: { event: what },
  });
  return [
    event(
      'harvest of orchard 3',
      'li-wei',
      events.harvest(loadedAt - 14 * hourMs, { [fromPlot3.lot]: 620 * kg }, 'xiangyang-3'),
    ),
    event(
      'harvest of orchard 7',
      'li-wei',
      events.harvest(loadedAt - 12 * hourMs, { [fromPlot7.lot]: 380 * kg }, 'xiangyang-7'),
    ),
    event(
      'the farm hands over',
      'li-wei',
      events.moveLots(loadedAt - 9 * hourMs, 'shipping', harvested, farm.uscc, packer.uscc),
    ),
    event(
      'the packing house takes over',
      'chen-jing',
      events.moveLots(loadedAt - 8 * hourMs, 'receiving', harvested, farm.uscc, packer.uscc),
    ),
    event(
      'two harvests are washed, graded and mixed',
      'chen-jing',
      events.transform(
        loadedAt - 6 * hourMs,
        'mixing',
        harvested,
        { [graded.lot]: 952 * kg },
        { lost: 48 * kg, why: '次果', room },
      ),
    ),
    event(
      'the graded lot is split',
      'chen-jing',
      events.transform(
        loadedAt - 4 * hourMs,
        'splitting',
        { [graded.lot]: 952 * kg },
        { [boxed.lot]: 700 * kg, [gift.lot]: 250 * kg },
        { lost: 2 * kg, why: '碰伤', room },
      ),
    ),
    ...boxes.map((box, i) =>
      event(
        `box ${i + 1} is packed`,
        'chen-jing',
        events.pack(loadedAt - 2 * hourMs, box, { [boxed.lot]: 350 * kg }),
      ),
    ),
    {
      step: 'the first sensor is in the truck',
      by: 'zhao-lei',
      body: { binding: { device: failed, from: loadedAt - hourMs, to: inTruck, until: swappedAt } },
    },
    {
      step: 'the second sensor takes its place',
      by: 'zhao-lei',
      body: { binding: { device: replacement, from: swappedAt, to: inTruck } },
    },
    event(
      'the packing house ships',
      'chen-jing',
      events.move(loadedAt - hourMs / 2, 'shipping', boxes, packer.uscc, carrier.uscc),
    ),
    event('the boxes are loaded', 'zhao-lei', events.load(loadedAt, 'ADD', truck, boxes)),
    event('the boxes are unloaded', 'zhao-lei', events.load(unloadedAt, 'DELETE', truck, boxes)),
    event(
      'the carrier hands over',
      'zhao-lei',
      events.move(unloadedAt + hourMs / 12, 'shipping', boxes, carrier.uscc, shop.uscc),
    ),
    event(
      'the shop receives',
      'he-min',
      events.move(unloadedAt + hourMs / 4, 'receiving', boxes, carrier.uscc, shop.uscc),
    ),
  ];
}
