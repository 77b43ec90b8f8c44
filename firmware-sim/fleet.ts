export const deviceKinds = ['orchard', 'soil', 'truck'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

export const fleetKinds = ['mix', ...deviceKinds] as const;
export type FleetKind = (typeof fleetKinds)[number];

export type FleetMember = { device: string; kind: DeviceKind };

/** The first `count` devices of a kind: `orchard-01, soil-02, truck-03, orchard-04, …` of the mix. */
export function fleet(fleetKind: FleetKind, count: number): FleetMember[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = fleetKind === 'mix' ? deviceKinds[i % deviceKinds.length]! : fleetKind;
    return { device: `${kind}-${String(i + 1).padStart(2, '0')}`, kind };
  });
}
