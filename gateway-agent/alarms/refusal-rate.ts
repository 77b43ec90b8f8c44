const minuteMs = 60_000;
const minutes = 60;

/**
 * How many refusals the last hour had, from a counter that only grows, by minutes.
 * @returns a function of the monotonic time in ms and the counter
 */
export function newRefusalRate(): (sinceBootMs: number, refusedEver: number) => number {
  /** the counter at the begin of each minute, oldest first, at most 61 */
  let marks: { minute: number; refused: number }[] = [];
  return (sinceBootMs, refusedEver) => {
    const minute = Math.floor(sinceBootMs / minuteMs);
    if (marks.at(-1)?.minute !== minute) marks.push({ minute, refused: refusedEver });
    marks = marks.filter((mark) => mark.minute >= minute - minutes);
    return refusedEver - marks[0]!.refused;
  };
}
