// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The Ed25519 keys of devices, persons and logs
/// @notice Says which key a signature of a subject must verify under, since when, and up to where it still counts.
/// Subjects are SHA-256 hashes of their id (of a device or a person) or of their origin (of a log, so that it is its
/// `logId`): no name is here. A key belongs to one subject for ever, and its number in that subject never changes.
/// @dev A subject is of one organisation for ever: that whose registrar enrolled its first key. Only registrars of this
/// organisation, whom it names in {IAnchorLog}, enrol, rotate and revoke its keys. Nobody rules over this contract.
interface IDeviceRegistry {
    enum SubjectKind {
        Device,
        Person,
        Log
    }

    enum KeyStatus {
        Unknown,
        Active,
        Rotated,
        Revoked
    }

    /// @notice How the end of a key in one log was found.
    /// @dev None: the key is not revoked. Cut: the registrar named the index. AnchoredHead: nothing was said of this
    /// log, so it is the size that the log had anchored at the revocation. What came between that head and the gateway's
    /// learning of it is suspect rather than forged: an honest message may have been on its way.
    enum RevocationScope {
        None,
        Cut,
        AnchoredHead
    }

    /// @notice All that is kept of a key.
    /// @param publicKey 32 bytes as in RFC 8032
    /// @param keyNumber counts the subject's keys from 1, without holes
    /// @param status Revoked once revoked, whether or not it had been rotated before
    /// @param rotatedAtBlock 0 unless another key took over; then `lastBoot` and `lastSeq` are the last message that
    /// this key signed
    /// @param revokedAtBlock 0 unless revoked; then `revocationMark` is AnchorLog's mark of that moment
    struct Key {
        bytes32 publicKey;
        bytes32 subject;
        SubjectKind kind;
        KeyStatus status;
        uint32 keyNumber;
        uint64 enrolledAtBlock;
        uint64 revokedAtBlock;
        uint32 revocationMark;
        uint64 rotatedAtBlock;
        uint64 lastBoot;
        uint64 lastSeq;
    }

    struct Enrolment {
        SubjectKind kind;
        bytes32 subject;
        uint32 keyNumber;
        bytes32 publicKey;
    }

    /// @notice In log `logId`, entries from `fromIndex` on do not count.
    struct Cut {
        bytes32 logId;
        uint64 fromIndex;
    }

    /// @notice A subject's first key is enrolled: from now on the subject is this organisation's.
    event SubjectBound(SubjectKind indexed kind, bytes32 indexed subject, bytes32 indexed organisation);
    event KeyEnrolled(
        SubjectKind indexed kind,
        bytes32 indexed subject,
        bytes32 indexed publicKey,
        uint32 keyNumber
    );
    event KeyRotated(
        SubjectKind indexed kind,
        bytes32 indexed subject,
        bytes32 indexed oldPublicKey,
        bytes32 newPublicKey,
        uint32 newKeyNumber,
        uint64 lastBoot,
        uint64 lastSeq
    );
    /// @notice The key is revoked, in every log, as of the heads anchored at this moment, which AnchorLog has marked.
    event KeyRevoked(
        SubjectKind indexed kind,
        bytes32 indexed subject,
        bytes32 indexed publicKey,
        uint32 revocationMark
    );
    /// @notice For this log the revocation counts from that index instead.
    event KeyCut(bytes32 indexed publicKey, bytes32 indexed logId, uint64 fromIndex);

    /// @notice The account is no registrar of the organisation that the key is or would be of.
    error NotRegistrar(address account, bytes32 organisation);
    /// @notice The subject has keys under another organisation, or is a log that another one opened.
    error SubjectOfOtherOrganisation(bytes32 subject, bytes32 organisation);
    /// @notice A subject is a SHA-256 hash, not zero.
    error SubjectInvalid();
    /// @notice One id is one subject: a device and a log can't share it.
    error SubjectKindConflict(bytes32 subject, SubjectKind kind);
    /// @notice A key that is zero, of small order, or not the canonical encoding of a point (y >= 2^255 - 19).
    error KeyInvalid(bytes32 publicKey);
    /// @notice Keys are bound for ever: the key has a subject already.
    error KeyAlreadyEnrolled(bytes32 publicKey, bytes32 subject, uint32 keyNumber);
    /// @notice A subject's keys are numbered from 1 without holes.
    error KeyNumberInvalid(bytes32 subject, uint32 keyNumber, uint32 expected);
    error KeyUnknown(bytes32 publicKey);
    /// @notice Only an active key is rotated.
    error KeyNotActive(bytes32 publicKey, KeyStatus status);
    /// @notice A cut lies within what the log has anchored.
    error CutBeyondHead(bytes32 publicKey, bytes32 logId, uint64 fromIndex, uint64 anchoredSize);
    /// @notice A cut moves only towards the log's beginning.
    error CutNotEarlier(bytes32 publicKey, bytes32 logId, uint64 fromIndex, uint64 currentIndex);

    /// @notice Binds a key to a subject as its next key; and the subject to an organisation with its first one.
    /// @dev By a registrar of `organisation`. `keyNumber` must be the count of the subject's keys plus one: naming it makes a repeated
    /// call fail instead of enrolling twice. Reverts with {NotRegistrar}, {SubjectInvalid}, {SubjectKindConflict},
    /// {SubjectOfOtherOrganisation}, {KeyInvalid}, {KeyAlreadyEnrolled}, {KeyNumberInvalid}. Mixed-order keys can't be told
    /// here at a sane price: registrars refuse them before.
    function enrol(
        bytes32 organisation,
        SubjectKind kind,
        bytes32 subject,
        uint32 keyNumber,
        bytes32 publicKey
    ) external;

    /// @notice Enrols many keys, all of them or none.
    function enrolMany(bytes32 organisation, Enrolment[] calldata enrolments) external;

    /// @notice Hands a subject over from its active key to its next one.
    /// @param lastBoot and `lastSeq` name the last message that the old key signed: nothing after it counts
    /// @dev By a registrar of the subject's organisation. Reverts with {KeyUnknown}, {KeyNotActive} and as {enrol}.
    function rotate(bytes32 oldPublicKey, bytes32 newPublicKey, uint64 lastBoot, uint64 lastSeq) external;

    /// @notice Revokes a key, in every log, from the size anchored at this moment on, and in the logs of `cuts` from an
    /// index on. Called again for a revoked key it gives more logs a cut, or moves a cut towards the beginning; the moment
    /// stays.
    /// @dev By a registrar of the subject's organisation, who may cut its key in any log; needs AnchorLog's marker role for
    /// this contract. Reverts with {KeyUnknown}, {NotRegistrar}, {CutBeyondHead}, {CutNotEarlier}.
    function revoke(bytes32 publicKey, Cut[] calldata cuts) external;

    /// @notice The organisation that a subject is of; 0 before its first key.
    function organisationOf(bytes32 subject) external view returns (bytes32);

    /// @notice A subject's key by its number; all zeros when there is none.
    function keyOf(bytes32 subject, uint32 keyNumber) external view returns (Key memory);

    /// @notice How many keys a subject has had: its newest key has this number.
    function keyCount(bytes32 subject) external view returns (uint32);

    /// @notice A key by itself; all zeros when it was never enrolled.
    function keyRecord(bytes32 publicKey) external view returns (Key memory);

    /// @notice From which entry of a log on a key's signatures do not count.
    /// @return scope None, then the other two are 0; else how `fromIndex` was found
    /// @return fromIndex index of the first entry that does not count
    /// @return revokedAtBlock block of the revocation
    function revocationOf(
        bytes32 publicKey,
        bytes32 logId
    ) external view returns (RevocationScope scope, uint64 fromIndex, uint64 revokedAtBlock);

    /// @notice Counts the versions of these contracts that were ever deployed, as {IAnchorLog-RELEASE}.
    function RELEASE() external view returns (uint32);
}
