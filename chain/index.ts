export { type LocalAccounts, deriveAccounts } from './accounts.ts';
export {
  type AnchorClient,
  type AnchorConfig,
  type AnchorCost,
  type AnchoredHead,
  type AppendRequest,
  connectAnchor,
} from './anchor-client.ts';
export { type CloseLogOptions, type ClosedLog, closeLog, readClosedLog } from './close-log.ts';
export {
  type KeyRevocation,
  type KeyRotation,
  type Registrar,
  type RegistrarOptions,
  openRegistrar,
} from './change-keys.ts';
export { type HubClient, type HubConfig, type HubLog, type SentBatch, connectHub } from './append-many.ts';
export { ChainError, type ChainErrorCode, isPassing } from './chain-error.ts';
export type { AnchorRecord, ChainEvent, Position } from './chain-event.ts';
export { type Cursor, cursorSchema } from './cursor.ts';
export { type DeployOptions, type DeployResult, deployContracts } from './deploy.ts';
export { type Deployment, deploymentSchema, readDeployment } from './deployment.ts';
export { type EnrolOptions, type EnrolResult, type KeyToEnrol, type LogToOpen, enrol } from './enrol.ts';
export { type AnchorEvidence, type AnchorPosition, collectEvidence } from './evidence/collect-evidence.ts';
export { proveKey, proveRegistry, registrySlotsOf } from './evidence/prove-keys.ts';
export {
  type BlockId,
  type Finality,
  type FinalityRule,
  finalityRuleOf,
  finalityRuleSchema,
  readAnchorFinality,
  readFinality,
} from './finality.ts';
export { type FollowOptions, type FollowStep, followAnchors } from './follow.ts';
export { anchorerBalance, fundAccounts } from './fund.ts';
export { type HeadReader, type ReadHead, connectHeadReader } from './head-reader.ts';
export {
  type LocalChain,
  type LocalChainOptions,
  defaultPort,
  localChainId,
  startLocalChain,
  stateIntervalMs,
} from './local/local-chain.ts';
export { type ChainNode, type NodeAddress, type NodeHealth, nodeUrls, openNode } from './node.ts';
export { canHaveGeth, findGeth, gethVersion } from './network/clique/geth-binary.ts';
export {
  type CliqueNetwork,
  type CliqueOptions,
  startCliqueNetwork,
} from './network/clique/clique-network.ts';
export { cliqueChainId } from './network/clique/genesis.ts';
export type { SignerNode } from './network/clique/signer-node.ts';
export { readValidators } from './validators-file.ts';
export { type RegisteredKey, type Revocation, readKey, readRevocations } from './registry.ts';
