/** Of one source file: how many lines can be reached, and the numbers of those that were not. */
export type LineCoverage = { file: string; lines: number; missed: number[] };

/** Reads lcov's tracefile (geninfo(1)): `SF` names a file, `DA` a line and how often it ran. */
export function readCoverage(lcov: string): LineCoverage[] {
  return lcov.split('end_of_record\n').flatMap((record) => {
    const file = /^SF:(.*)$/m.exec(record)?.[1];
    if (file === undefined) return [];
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)];
    const missed = lines.filter(([, , times]) => times === '0').map(([, line]) => Number(line));
    return [{ file, lines: lines.length, missed }];
  });
}

/** In words, each file that is reached less than its floor in percent says, and each that has none or is gone. */
export function belowFloor(
  measured: readonly LineCoverage[],
  floors: Readonly<Record<string, number>>,
): string[] {
  const failing = measured.flatMap(({ file, lines, missed }) => {
    const floor = floors[file];
    if (floor === undefined) return [`${file} has no floor: give it one`];
    return lines - missed.length >= (floor / 100) * lines ? [] : [`${file} has to be reached to ${floor} %`];
  });
  const gone = Object.keys(floors).filter((file) => measured.every((one) => one.file !== file));
  return [...failing, ...gone.map((file) => `${file} was not measured`)];
}
