export { type Enrolment, enrolmentSchema } from './enrolment.ts';
export { type FaultName, faultNames } from './faults/fault.ts';
export { type RunOptions, runOptionsSchema } from './run-options.ts';
export { type Context, simulate } from './simulate.ts';
export { SimulatorError } from './simulator-error.ts';
export { type Count, type DeviceSummary, type FaultCounts, type Summary } from './summary.ts';
