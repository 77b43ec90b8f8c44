export { type Fault, faults } from './fault.ts';
export { type Simulator, openSimulator } from './open-simulator.ts';
export { SimulatorError } from './simulator-error.ts';
