import { join } from 'node:path';
import { type Enrolment, enrolmentOf, writeEnrolment } from './enrolment.ts';
import type { FleetMember } from './fleet.ts';
import { allDevices, enrolDevices } from './state/device-records.ts';
import type { StateDatabase } from './state/state-database.ts';

export type Enrolled = {
  /** ids of the devices that had no keys before */
  created: string[];
  /** every device of the state directory, as the file has them */
  enrolment: Enrolment;
  file: string;
};

/** Makes sure that the members have keys, and writes the file that a gateway imports: `enrolment.json` in `directory`. */
export function enrol(state: StateDatabase, directory: string, members: readonly FleetMember[]): Enrolled {
  const created = enrolDevices(state, members);
  const enrolment = enrolmentOf(allDevices(state));
  const file = join(directory, 'enrolment.json');
  writeEnrolment(file, enrolment);
  return { created, enrolment, file };
}
