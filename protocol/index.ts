export { canonicalize } from './canonical-json.ts';
export * from './data-dictionary.ts';
export { isAcceptablePublicKey, newSecretKey, publicKeyOf, signEd25519, verifyEd25519 } from './ed25519.ts';
export { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from './encoding/base64.ts';
export {
  bytesToHex,
  concatBytes,
  decodeUtf8,
  equalBytes,
  hexToBytes,
  utf8ToBytes,
} from './encoding/bytes.ts';
export { ProtocolError, type ProtocolErrorCode } from './protocol-error.ts';
export { provideSha256, sha256 } from './sha256.ts';

export * from './merkle/hash.ts';
export { verifyInclusion } from './merkle/verify-inclusion.ts';
export { verifyConsistency } from './merkle/verify-consistency.ts';
export * from './merkle/compact-range.ts';
export { type LeafRange, consistencyRanges, inclusionRanges, prefixRanges } from './merkle/subtree.ts';
export * from './merkle/tile.ts';
export * from './merkle/tree-edge.ts';

export { logId, logIdHex } from './log/log-id.ts';
export * from './log/entry.ts';
export {
  type DeviceRange,
  type Tombstone,
  encodeTombstone,
  maxTombstoneDevices,
  parseTombstone,
} from './log/tombstone.ts';
export {
  type LogExportChunk,
  formatLogExportChunk,
  formatLogExportHeader,
  readLogExport,
} from './log/log-export.ts';
export * from './log/signed-note.ts';
export * from './log/checkpoint.ts';
export * from './log/cosignature.ts';
export * from './log/add-checkpoint.ts';
export * from './log/tlog-proof.ts';
export * from './log/tile-path.ts';
export * from './log/entry-bundle.ts';

export { type Binding } from './message/binding.ts';
export { type Body, type BodyName, type NamedBody, bodyNames, bodyOf } from './message/body.ts';
export { type SaltedField, commitmentOf, saltLength } from './message/commitment.ts';
export { isPossibleTime } from './message/device-clock.ts';
export { coseSigningInput, signCoseMessage } from './message/cose.ts';
export { type EpcisEvent, eventTypes } from './message/event.ts';
export { type ThingKind, deviceIdSchema, thingKinds } from './message/fields.ts';
export * from './message/message.ts';
export { type Reading, maxReadings } from './message/readings.ts';
export { type Report, maxScore, reportKinds } from './message/report.ts';
export * from './message/rotation.ts';

export { type Login, loginInput, loginSchema } from './session/session.ts';

export * from './claim/claim.ts';
export { type Provisioning, formatProvisioning, parseProvisioning } from './claim/provisioning.ts';

export * from './identifiers/gs1-check-digit.ts';
export * from './identifiers/gtin.ts';
export * from './identifiers/digital-link.ts';
export * from './identifiers/uscc.ts';

// What reads a chain's own blocks is in `evidence/`, imported by its path: its libraries are ten times as large as the rest.
export { type ChainEvidence, evidenceSchema, maxLaterBlocks } from './evidence/evidence-schema.ts';
export { type Validators, cliqueMajority, validatorsAt, validatorsSchema } from './evidence/validators.ts';

export { excursionClaimSchema, excursionClaimShape } from './cold-chain/claim-schema.ts';
export * from './cold-chain/excursion.ts';
export { findExcursions } from './cold-chain/find-excursions.ts';
export { defaultDeltaH, meanKineticTemperature } from './cold-chain/mean-kinetic-temperature.ts';
export { type PlainReading, plainReadings } from './cold-chain/plain-readings.ts';
export * from './cold-chain/recompute-excursion.ts';
export * from './cold-chain/rule.ts';
export { type Sample, timeWeights } from './cold-chain/time-weights.ts';

export * from './bundle/check.ts';
export { readBounded } from './encoding/read-bounded.ts';
export { type JsonRpc, jsonRpcOver } from './bundle/json-rpc.ts';
export * from './bundle/proof-bundle.ts';
export * from './bundle/trust-policy.ts';
export { verifyBundle } from './bundle/verify-bundle.ts';
