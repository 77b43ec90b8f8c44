import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demonstration } from '../demonstration.ts';
import { type Layout, partMain } from '../layout.ts';
import { runCommand } from '../part-process.ts';
import { personNames } from './cast.ts';
import { truckSensors } from './truck.ts';
import { type Declaration, boxedBatch, declarePeople, declareProduct, declareSales } from './declare.ts';
import { journeyBefore, readingsOf } from './journey.ts';
import { laboratoryReport } from './laboratory-report.ts';
import { type Person, openPeople } from './person.ts';
import { type Saying, sayings } from './say.ts';
import { type Told, openTold } from './told.ts';
import { type TraceClient, traceClient } from './trace-client.ts';

export type StoryOptions = {
  layout: Layout;
  traceUrl: string;
  ownerToken: string;
  mqttPort: number;
  /** the devices that accompany the batch and name it in their messages */
  devices: readonly string[];
  say: (line: string) => void;
};

/** The people of the story; their public keys are to be enrolled before anything is told. */
export function storyPeople(layout: Layout): Record<(typeof personNames)[number], Person> {
  mkdirSync(layout.story, { recursive: true, mode: 0o700 });
  return openPeople(join(layout.story, 'people.json'), personNames);
}

const toldFile = ({ story }: Layout) => join(story, 'told.json');

const boxedStep = `the batch ${demonstration.batchId}`;

export function isStoryTold(layout: Layout): boolean {
  return existsSync(toldFile(layout)) && openTold(toldFile(layout), Date.now()).isTold(boxedStep);
}

/** What the story says of its batch, with these devices; undefined until it has been told. */
export function storyBatch(layout: Layout, devices: readonly string[]): object | undefined {
  if (!isStoryTold(layout)) return undefined;
  const { begunAt } = openTold(toldFile(layout), Date.now());
  return boxedBatch(begunAt, devices, journeyBefore(begunAt));
}

/**
 * Has the demonstration's people tell what happened to the batch, each under their own key, and the truck's sensors what they
 * measured. Told once: a start that was cut off goes on where it was.
 */
export async function tellStory(options: StoryOptions): Promise<void> {
  const { layout, traceUrl, ownerToken, devices, say } = options;
  const told = openTold(toldFile(layout), Date.now());
  const people = storyPeople(layout);
  const client = traceClient(traceUrl, ownerToken);
  const journey = journeyBefore(told.begunAt);
  await declareAll(client, told, declarePeople(told.begunAt));
  await declareAll(client, told, declareProduct(told.begunAt, devices, journey));
  const all = sayings(journey);
  const news = all.filter(({ step }) => !told.isTold(step));
  if (news.length > 0) say(`${personNames.length} people sign what happened to the oranges`);
  for (const saying of news) await sayOne(client, told, people, saying);
  await inspect(client, told, people);
  for (const [i, device] of truckSensors.entries()) {
    const step = `what ${device} measured`;
    if (told.isTold(step)) continue;
    const [from, to] = i === 0 ? [0, journey.swappedAt] : [journey.swappedAt, journey.unloadedAt];
    const readings = readingsOf(journey, from, to);
    say(`${device} sends the ${readings.length} readings of its way`);
    await replay(options, device, readings);
    told.tell(step);
  }
  await declareAll(client, told, declareSales());
}

/** The laboratory's report with its file, and a picture that the quality model screens. */
async function inspect(client: TraceClient, told: Told, people: Record<string, Person>): Promise<void> {
  const { bytes, sha256, saying } = laboratoryReport(told.begunAt);
  if (!told.isTold(saying.step)) {
    await client.upload('PUT', `/api/v1/files/${sha256}`, bytes, 'application/json', 'the report’s file');
    await sayOne(client, told, people, saying);
  }
  const step = 'a picture is screened';
  if (told.isTold(step)) return;
  const picture = readFileSync(new URL('oranges.jpg', import.meta.url));
  const path = `/api/v1/batches/${demonstration.batchId}/quality-checks`;
  await client.upload('POST', path, picture, 'image/jpeg', step);
  told.tell(step);
}

async function declareAll(
  client: TraceClient,
  told: Told,
  declarations: readonly Declaration[],
): Promise<void> {
  for (const { step, method, path, body } of declarations) {
    if (told.isTold(step)) continue;
    await client.write(method, path, body, step);
    told.tell(step);
  }
}

async function sayOne(
  client: TraceClient,
  told: Told,
  people: Record<string, Person>,
  { step, by, body }: Saying,
): Promise<void> {
  await client.message(
    told.payload(step, () => people[by]!.sign(body)),
    step,
  );
  told.tell(step);
}

async function replay(
  { layout, mqttPort }: StoryOptions,
  device: string,
  readings: readonly object[],
): Promise<void> {
  const file = join(layout.story, `${device}.jsonl`);
  writeFileSync(file, readings.map((reading) => `${JSON.stringify(reading)}\n`).join(''));
  const flags = {
    state: layout.devices,
    device,
    file,
    broker: `mqtt://127.0.0.1:${mqttPort}`,
    gateway: demonstration.gateway,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  await runCommand(`the replay of ${device}`, [partMain('firmware-sim'), 'replay', ...args]);
}
