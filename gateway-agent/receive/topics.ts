/** `ty/v1/{gateway}/{device}/up` and `…/status`, protocol section 2. */
export type TopicKind = 'up' | 'status' | 'foreign';

/** What a topic is to one device: its own readings, its own status, or nothing that it may publish to. */
export function topicKind(topic: string, gateway: string, device: string): TopicKind {
  if (topic === `ty/v1/${gateway}/${device}/up`) return 'up';
  if (topic === `ty/v1/${gateway}/${device}/status`) return 'status';
  return 'foreign';
}

/** Whose topic it is, by its segments; `foreign` without a device for any that is not one of this gateway's. */
export function parseDeviceTopic(
  topic: string,
  gateway: string,
): { device: string; kind: 'up' | 'status' } | { device: undefined; kind: 'foreign' } {
  const [prefix, version, named, device, last, ...more] = topic.split('/');
  const isOurs = prefix === 'ty' && version === 'v1' && named === gateway && more.length === 0;
  if (isOurs && device && (last === 'up' || last === 'status')) return { device, kind: last };
  return { device: undefined, kind: 'foreign' };
}
