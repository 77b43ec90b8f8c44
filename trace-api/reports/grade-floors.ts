/**
 * The least score, in m%, with which an inspection does not contradict a declared grade. No standard has such a list: scores
 * are of this protocol, and the figures are this project's own. A grade that is not here is compared with no score.
 */
export const gradeFloors: Readonly<Record<string, number>> = {
  特级: 85_000,
  特等: 85_000,
  优等: 85_000,
  一级: 75_000,
  一等: 75_000,
  二级: 60_000,
  二等: 60_000,
  extra: 85_000,
  I: 75_000,
  II: 60_000,
};
