import anchorLog from './abi/AnchorLog.json' with { type: 'json' };
import deviceRegistry from './abi/DeviceRegistry.json' with { type: 'json' };

/** The checked-in build of each deployed contract: its ABI, and its creation bytecode as 0x hex, for London and later. */
export const AnchorLog = { abi: anchorLog.abi, bytecode: anchorLog.bytecode };
export const DeviceRegistry = { abi: deviceRegistry.abi, bytecode: deviceRegistry.bytecode };
