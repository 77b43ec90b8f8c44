// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorLog} from "../anchor-log/IAnchorLog.sol";
import {Ed25519Encoding} from "./Ed25519Encoding.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";

/// @title The Ed25519 keys of devices, persons and logs; {IDeviceRegistry} says what each function promises
/// @dev Begins at slot 3, where release 2 kept its keys: proof bundles show them by their slots.
contract DeviceRegistry is IDeviceRegistry layout at 3 {
    /// @inheritdoc IDeviceRegistry
    uint32 public constant RELEASE = 3;

    /// @notice Whose organisations have registrars, and whose anchored sizes bound every revocation.
    IAnchorLog public immutable anchorLog;

    mapping(bytes32 publicKey => Key) private _keys;
    mapping(bytes32 subject => bytes32[] publicKeys) private _publicKeys;
    /// @dev First index that does not count, plus one, so that 0 means "no cut" and an index of 0 can be said.
    mapping(bytes32 publicKey => mapping(bytes32 logId => uint64 indexPlusOne)) private _cuts;
    /// @inheritdoc IDeviceRegistry
    mapping(bytes32 subject => bytes32 organisation) public organisationOf;

    constructor(IAnchorLog anchorLog_) {
        anchorLog = anchorLog_;
    }

    /// @inheritdoc IDeviceRegistry
    function enrol(
        bytes32 organisation,
        SubjectKind kind,
        bytes32 subject,
        uint32 keyNumber,
        bytes32 publicKey
    ) external {
        _checkRegistrar(organisation);
        _enrol(organisation, kind, subject, keyNumber, publicKey);
    }

    /// @inheritdoc IDeviceRegistry
    function enrolMany(bytes32 organisation, Enrolment[] calldata enrolments) external {
        _checkRegistrar(organisation);
        for (uint256 i = 0; i < enrolments.length; ++i) {
            Enrolment calldata e = enrolments[i];
            _enrol(organisation, e.kind, e.subject, e.keyNumber, e.publicKey);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function rotate(bytes32 oldPublicKey, bytes32 newPublicKey, uint64 lastBoot, uint64 lastSeq) external {
        Key storage old = _enrolled(oldPublicKey);
        bytes32 organisation = organisationOf[old.subject];
        _checkRegistrar(organisation);
        if (old.status != KeyStatus.Active) revert KeyNotActive(oldPublicKey, old.status);
        old.status = KeyStatus.Rotated;
        old.rotatedAtBlock = uint64(block.number);
        old.lastBoot = lastBoot;
        old.lastSeq = lastSeq;
        uint32 newKeyNumber = keyCount(old.subject) + 1;
        emit KeyRotated(old.kind, old.subject, oldPublicKey, newPublicKey, newKeyNumber, lastBoot, lastSeq);
        _enrol(organisation, old.kind, old.subject, newKeyNumber, newPublicKey);
    }

    /// @inheritdoc IDeviceRegistry
    function revoke(bytes32 publicKey, Cut[] calldata cuts) external {
        Key storage key = _enrolled(publicKey);
        _checkRegistrar(organisationOf[key.subject]);
        if (key.status != KeyStatus.Revoked) {
            key.status = KeyStatus.Revoked;
            key.revokedAtBlock = uint64(block.number);
            key.revocationMark = anchorLog.mark();
            emit KeyRevoked(key.kind, key.subject, publicKey, key.revocationMark);
        }
        for (uint256 i = 0; i < cuts.length; ++i) {
            _cut(publicKey, cuts[i].logId, cuts[i].fromIndex);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function keyOf(bytes32 subject, uint32 keyNumber) external view returns (Key memory key) {
        bytes32[] storage publicKeys = _publicKeys[subject];
        if (keyNumber != 0 && keyNumber <= publicKeys.length) key = _keys[publicKeys[keyNumber - 1]];
    }

    /// @inheritdoc IDeviceRegistry
    function keyRecord(bytes32 publicKey) external view returns (Key memory) {
        return _keys[publicKey];
    }

    /// @inheritdoc IDeviceRegistry
    function revocationOf(
        bytes32 publicKey,
        bytes32 logId
    ) external view returns (RevocationScope scope, uint64 fromIndex, uint64 revokedAtBlock) {
        Key storage key = _keys[publicKey];
        if (key.status != KeyStatus.Revoked) return (RevocationScope.None, 0, 0);
        uint64 indexPlusOne = _cuts[publicKey][logId];
        return
            indexPlusOne == 0
                ? (
                    RevocationScope.AnchoredHead,
                    anchorLog.sizeAtMark(logId, key.revocationMark),
                    key.revokedAtBlock
                )
                : (RevocationScope.Cut, indexPlusOne - 1, key.revokedAtBlock);
    }

    /// @inheritdoc IDeviceRegistry
    function keyCount(bytes32 subject) public view returns (uint32) {
        return uint32(_publicKeys[subject].length);
    }

    function _enrol(
        bytes32 organisation,
        SubjectKind kind,
        bytes32 subject,
        uint32 keyNumber,
        bytes32 publicKey
    ) private {
        if (subject == 0) revert SubjectInvalid();
        if (!Ed25519Encoding.isAcceptable(publicKey)) revert KeyInvalid(publicKey);
        Key storage key = _keys[publicKey];
        if (key.status != KeyStatus.Unknown) revert KeyAlreadyEnrolled(publicKey, key.subject, key.keyNumber);
        bytes32[] storage publicKeys = _publicKeys[subject];
        uint32 expected = uint32(publicKeys.length) + 1;
        if (expected == 1) _bind(organisation, kind, subject);
        else _checkBound(organisation, kind, subject, _keys[publicKeys[0]].kind);
        if (keyNumber != expected) revert KeyNumberInvalid(subject, keyNumber, expected);
        publicKeys.push(publicKey);
        key.publicKey = publicKey;
        key.subject = subject;
        key.kind = kind;
        key.status = KeyStatus.Active;
        key.keyNumber = keyNumber;
        key.enrolledAtBlock = uint64(block.number);
        emit KeyEnrolled(kind, subject, publicKey, keyNumber);
    }

    /// @dev A log that is opened has its organisation; one that is not yet, like a device or a person, is of who comes first.
    function _bind(bytes32 organisation, SubjectKind kind, bytes32 subject) private {
        if (kind == SubjectKind.Log) {
            bytes32 owner = anchorLog.logOf(subject).organisation;
            if (owner != 0 && owner != organisation) revert SubjectOfOtherOrganisation(subject, owner);
        }
        organisationOf[subject] = organisation;
        emit SubjectBound(kind, subject, organisation);
    }

    function _checkBound(
        bytes32 organisation,
        SubjectKind kind,
        bytes32 subject,
        SubjectKind boundKind
    ) private view {
        if (kind != boundKind) revert SubjectKindConflict(subject, boundKind);
        bytes32 owner = organisationOf[subject];
        if (owner != organisation) revert SubjectOfOtherOrganisation(subject, owner);
    }

    function _cut(bytes32 publicKey, bytes32 logId, uint64 fromIndex) private {
        (uint64 anchoredSize, , ) = anchorLog.head(logId);
        if (fromIndex > anchoredSize) revert CutBeyondHead(publicKey, logId, fromIndex, anchoredSize);
        uint64 current = _cuts[publicKey][logId];
        if (current != 0 && fromIndex + 1 >= current) {
            revert CutNotEarlier(publicKey, logId, fromIndex, current - 1);
        }
        _cuts[publicKey][logId] = fromIndex + 1;
        emit KeyCut(publicKey, logId, fromIndex);
    }

    function _checkRegistrar(bytes32 organisation) private view {
        if (!anchorLog.isRegistrar(organisation, msg.sender)) revert NotRegistrar(msg.sender, organisation);
    }

    function _enrolled(bytes32 publicKey) private view returns (Key storage key) {
        key = _keys[publicKey];
        if (key.status == KeyStatus.Unknown) revert KeyUnknown(publicKey);
    }
}
