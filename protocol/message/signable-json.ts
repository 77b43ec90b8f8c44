/** How deep objects and arrays of a message may stand in each other, the message itself counted. */
const maxDepth = 16;

/**
 * The first thing in what JSON.parse gave that no message may hold: a number that is no safe integer (a quantity of 12.5 kg is
 * 12,500 g), or depth beyond {@link maxDepth}. Strings need no look: JCS refuses lone surrogates.
 *
 * @param depth of the value itself, were it an object or an array; the message has 1
 */
export function findUnsignable(
  value: unknown,
  depth: number,
  path: (string | number)[] = [],
): { path: (string | number)[]; message: string } | undefined {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? undefined : { path, message: `${value} is no safe integer` };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > maxDepth) return { path, message: `deeper than ${maxDepth} levels` };
  const members = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [name, member] of members) {
    const found = findUnsignable(member, depth + 1, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
