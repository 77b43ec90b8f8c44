export type { HeadStore } from './head-store.ts';
export { type SqliteStore, openSqliteStore } from './sqlite-store.ts';
export { type SubmitResult, type WitnessAddress, submitCheckpoint } from './submit-checkpoint.ts';
export { type Misbehaviour, type WitnessKey, witnessRoutes } from './witness-routes.ts';
