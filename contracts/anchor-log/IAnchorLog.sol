// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title One append-only head for every log
/// @notice Keeps the size and root that a log was last known to have, and accepts nothing but growth that it can
/// check: an RFC 9162 consistency proof must lead from the anchored head to the new one. A log's owner who rewrites
/// history cannot anchor it. Logs are named by `logId` = SHA-256 of their origin; no name, reading or person is here.
/// The checkpoint's Ed25519 signature is carried and emitted, not verified: it makes a signer of two histories undeniable.
/// @dev Roles are OpenZeppelin AccessControl's, with AccessControlDefaultAdminRules: there is one default admin, meant
/// to be a multi-signature account, and another one takes over in two steps with a delay between. It admits
/// organisations, once each, and grants pausers and markers: no other role is its to grant or revoke. An organisation's
/// accounts name each other ({organisationRole}) and its registrars ({registrarRole}), open its logs, and grant and revoke
/// {anchorerRole} of each. Nobody gives an organisation back the role that all its accounts lost. Every admission, grant,
/// revocation and step of a transfer is an event.
interface IAnchorLog {
    /// @notice Unknown until opened; open until closed; closed for ever.
    enum Phase {
        Unknown,
        Open,
        Closed
    }

    /// @notice What is known of one log.
    /// @param size number of entries under `root`; 0 until the first append
    /// @param anchoredAt block time of the last append, Unix seconds; 0 until the first append
    /// @param anchoredAtBlock block number of the last append; 0 until the first append
    /// @param marks how many marks had been set when the head last moved, see {mark}
    /// @param root RFC 6962 root hash over the first `size` entries
    /// @param organisation who opened the log and may close it
    /// @param successor the log that carries on after a closed one; 0 when there is none
    struct Log {
        uint64 size;
        uint64 anchoredAt;
        uint64 anchoredAtBlock;
        uint32 marks;
        Phase phase;
        bytes32 root;
        bytes32 organisation;
        bytes32 successor;
    }

    /// @notice The arguments of one {append}.
    struct Append {
        bytes32 logId;
        uint64 newSize;
        bytes32 newRoot;
        bytes32[] consistencyProof;
        bytes checkpointSignature;
    }

    /// @notice A head grew. The only event of an append; a repeated append emits nothing.
    event Appended(
        bytes32 indexed logId,
        uint64 oldSize,
        uint64 newSize,
        bytes32 root,
        bytes checkpointSignature
    );
    event OrganisationAdmitted(bytes32 indexed organisation, address indexed firstAdmin);
    event LogOpened(bytes32 indexed logId, bytes32 indexed organisation, address indexed anchorer);
    event LogClosed(bytes32 indexed logId, bytes32 indexed successor, uint64 size);
    event Marked(uint32 indexed number);

    /// @notice An organisation has a non-zero id and a non-zero first admin.
    error AdmissionInvalid(bytes32 organisation, address firstAdmin);
    /// @notice It rules over itself since its admission.
    error OrganisationAlreadyAdmitted(bytes32 organisation);
    error LogUnknown(bytes32 logId);
    error LogAlreadyOpened(bytes32 logId);
    error LogIsClosed(bytes32 logId, bytes32 successor);
    /// @notice The new size is not one a log can have: 0, or above 2^53 - 1.
    error SizeInvalid(bytes32 logId, uint64 newSize);
    /// @notice A smaller size than what is anchored.
    error SizeRegressed(bytes32 logId, uint64 anchoredSize, uint64 newSize);
    /// @notice The anchored size with another root: two histories of one log.
    error RootConflict(bytes32 logId, uint64 size, bytes32 anchoredRoot, bytes32 newRoot);
    /// @notice The proof does not lead from the anchored head to the new one.
    error Inconsistent(bytes32 logId, uint64 anchoredSize, uint64 newSize);
    /// @notice A checkpoint signature is an Ed25519 signature: 64 bytes.
    error SignatureLengthInvalid(bytes32 logId, uint256 length);
    /// @notice A successor is another log that is open.
    error SuccessorInvalid(bytes32 logId, bytes32 successor);
    /// @notice A log needs a non-zero id and a non-zero first anchorer.
    error OpeningInvalid(bytes32 logId, address anchorer);
    /// @notice Marks are numbered from 1; this one was not set.
    error MarkUnknown(uint32 number);

    /// @notice Lets an organisation in, for ever, with the first account that acts for it and names the others.
    /// @dev By the default admin, whose say over it ends here. Reverts with {AdmissionInvalid},
    /// {OrganisationAlreadyAdmitted}.
    function admitOrganisation(bytes32 organisation, address firstAdmin) external;

    /// @notice Opens a log at size 0, with the account that may append to it.
    /// @dev By the organisation. Reverts with {OpeningInvalid}, {LogAlreadyOpened}.
    function openLog(bytes32 logId, bytes32 organisation, address anchorer) external;

    /// @notice Moves a log's head forward.
    /// @dev By an anchorer of the log. The first append, onto size 0, has an empty proof. The anchored size with the
    /// anchored root again is no error and changes nothing. Reverts with {LogUnknown}, {LogIsClosed},
    /// {SignatureLengthInvalid}, {SizeInvalid}, {SizeRegressed}, {RootConflict}, {Inconsistent}, or when paused.
    /// @param consistencyProof RFC 9162 section 2.1.4.1, from the anchored size to `newSize`
    /// @param checkpointSignature the 64 bytes of the log's Ed25519 signature over the checkpoint at `newSize`
    function append(
        bytes32 logId,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata consistencyProof,
        bytes calldata checkpointSignature
    ) external;

    /// @notice Moves many heads forward in one transaction, all of them or none: a hub anchoring for many gateways.
    function appendMany(Append[] calldata appends) external;

    /// @notice Ends a log whose gateway is lost or broken, in favour of `successor` (0 for none). Works while paused.
    /// @dev By the log's organisation. Reverts with {LogUnknown}, {LogIsClosed}, {SuccessorInvalid}.
    function closeLog(bytes32 logId, bytes32 successor) external;

    /// @notice Remembers the size that every log has at this moment, for {sizeAtMark}. Works while paused.
    /// @dev By a marker: the device registry, which marks the moment when a key is revoked. Costs the same for any
    /// number of logs; each pays about 45,000 gas more for its first append after the first mark, and 30,000 after later
    /// ones.
    /// @return number of the mark, from 1
    function mark() external returns (uint32 number);

    function pause() external;

    function unpause() external;

    /// @notice The anchored head.
    /// @dev Reverts with {LogUnknown}: a log that was never opened has no head. `anchoredAt` is in Unix seconds.
    function head(bytes32 logId) external view returns (uint64 size, bytes32 root, uint64 anchoredAt);

    /// @notice All that is kept of a log; an unknown one is all zeros.
    function logOf(bytes32 logId) external view returns (Log memory);

    /// @notice The size that a log had anchored when a mark was set; 0 for a log that had none yet.
    /// @dev Reverts with {MarkUnknown}.
    function sizeAtMark(bytes32 logId, uint32 number) external view returns (uint64 size);

    /// @notice Whether a leaf is under the anchored head.
    /// @param leafHash SHA-256(0x00 | entry)
    /// @param proof RFC 9162 section 2.1.3.1, for `index` in a tree of the anchored size
    function verifyInclusion(
        bytes32 logId,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Counts the versions of these contracts that were ever deployed. Code on the chain never changes: a later
    /// release is a new contract, to which logs are handed over.
    function RELEASE() external view returns (uint32);

    /// @notice Whether an account may speak for an organisation's keys, in {IDeviceRegistry}.
    function isRegistrar(bytes32 organisation, address account) external view returns (bool);

    /// @notice The role that acts for an organisation: names its accounts and registrars, opens and closes its logs, and
    /// grants their anchorers. Its own admin once the organisation is admitted, nobody's before.
    function organisationRole(bytes32 organisation) external pure returns (bytes32);

    /// @notice The role that enrols, rotates and revokes an organisation's keys. Granted by the organisation.
    function registrarRole(bytes32 organisation) external pure returns (bytes32);

    /// @notice The role that appends to one log. Granted by the log's organisation.
    function anchorerRole(bytes32 logId) external pure returns (bytes32);
}
