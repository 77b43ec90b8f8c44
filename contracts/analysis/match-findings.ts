/** What Slither found: which check, how bad, in which function or of which name, and the source texts that it is about. */
export type Finding = { check: string; impact: string; where: string; at: string[] };

/** What is said to one finding, by the same three; a second finding of the check in one function is another one. */
export type Answer = { check: string; where: string; at: string[]; says: string };

/** Each finding with the answer to it; findings without one, and answers to what is not found any more. */
export function matchFindings(
  found: readonly Finding[],
  answers: readonly Answer[],
): { taken: { finding: Finding; answer: Answer }[]; open: Finding[]; stale: Answer[] } {
  const stale = [...answers];
  const taken: { finding: Finding; answer: Answer }[] = [];
  const open: Finding[] = [];
  for (const finding of found) {
    const place = stale.findIndex((answer) => keyOf(answer) === keyOf(finding));
    if (place === -1) open.push(finding);
    else taken.push({ finding, answer: stale.splice(place, 1)[0]! });
  }
  return { taken, open, stale };
}

/** In whatever order the source texts come. */
function keyOf({ check, where, at }: Omit<Finding, 'impact'>): string {
  return JSON.stringify([check, where, at.toSorted()]);
}
