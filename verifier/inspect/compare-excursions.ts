import { type Excursion, type Stretch, findExcursions } from '@tianyuan/protocol';
import type { View } from './answers.ts';
import type { LotScope } from './lot-scope.ts';
import type { Miss } from './miss.ts';
import type { LoggedMeasured } from './prove-messages.ts';

/** What tells one excursion of a lot from another, and what it came to. */
type Told = Pick<Excursion, 'from' | 'until' | 'extreme' | 'readings' | 'mkt'>;

/**
 * The excursions that are shown against those that the rules of the lot's profile find in the signed readings. Which profile
 * was chosen for the lot is the platform's word. Pure.
 */
export function compareExcursions(
  { story }: Pick<View, 'story'>,
  measured: readonly LoggedMeasured[],
  scope: LotScope,
): Miss[] {
  if (story === null) return [];
  const { profile, excursions } = story.coldChain;
  const shown = new Map(
    excursions.map((one) => [nameOf(one.device, one.sensor, one.rule.id, one.from), one as Told]),
  );
  const own = new Map<string, Told>();
  for (const sensor of Map.groupBy(
    measured,
    ({ device, sensor: name, type }) => `${device}/${name}/${type}`,
  ).values()) {
    const { device, sensor: name, type } = sensor[0]!;
    for (const rule of profile?.rules.filter((one) => one.type === type) ?? [])
      for (const stretch of stretchesOf(device, scope))
        for (const found of findExcursions(sensor, rule, stretch))
          own.set(nameOf(device, name, rule.id, found.from), found);
  }
  return [...new Set([...own.keys(), ...shown.keys()])].toSorted().flatMap((name): Miss[] => {
    const [mine, told] = [own.get(name), shown.get(name)];
    if (mine !== undefined && told !== undefined && isSame(mine, told)) return [];
    return [
      {
        code: 'EXCURSION_DIFFERS',
        detail: `${name}: the readings give ${describe(mine)}, shown is ${describe(told)}`,
      },
    ];
  });
}

/** A listed device is looked at in one stretch, any other in each of the times in which it measured the lot. */
function stretchesOf(device: string, { devices, exposures }: LotScope): Stretch[] {
  if (devices.has(device)) return [{ from: 0, until: null }];
  return exposures.filter((one) => one.device === device).map(({ from, until }) => ({ from, until }));
}

const nameOf = (device: string, sensor: string, rule: string, from: number) =>
  `${sensor === '' ? device : `${device}/${sensor}`} ${rule} from ${new Date(from).toISOString()}`;

const isSame = (a: Told, b: Told) =>
  a.until === b.until && a.extreme === b.extreme && a.readings === b.readings && a.mkt === b.mkt;

const describe = (one: Told | undefined) =>
  one === undefined
    ? 'none'
    : `one of ${one.readings} readings up to ${one.extreme}, ${one.until === null ? 'open' : `until ${new Date(one.until).toISOString()}`}`;
