// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Rfc6962} from "../merkle/Rfc6962.sol";
import {IAnchorLog} from "./IAnchorLog.sol";

/// @title One append-only head for every log; {IAnchorLog} says what each function promises
contract AnchorLog is IAnchorLog, AccessControlDefaultAdminRules, Pausable {
    /// @inheritdoc IAnchorLog
    uint32 public constant RELEASE = 3;
    bytes32 public constant PAUSER_ROLE = keccak256("tianyuan.pauser");
    bytes32 public constant MARKER_ROLE = keccak256("tianyuan.marker");

    /// @dev Prefixes that keep the roles of organisations, of their registrars and of logs apart.
    bytes32 private constant ORGANISATION = keccak256("tianyuan.organisation");
    bytes32 private constant REGISTRAR = keccak256("tianyuan.registrar");
    bytes32 private constant ANCHORER = keccak256("tianyuan.anchorer");
    /// @dev Held by nobody, and its own admin.
    bytes32 private constant NOBODY = keccak256("tianyuan.nobody");

    /// @dev Sizes cross JSON and JavaScript, where integers are exact up to 2^53 - 1.
    uint64 private constant MAX_SIZE = 2 ** 53 - 1;

    /// @dev A size that a log had when marks up to `marks` were set, kept because the head has moved since.
    struct MarkedSize {
        uint32 marks;
        uint64 size;
    }

    /// @dev How many marks there are. Lies in the storage slot of Pausable's flag, which every append has read already.
    uint32 private _marks;
    mapping(bytes32 logId => Log) private _logs;
    /// @dev In ascending order of `marks`.
    mapping(bytes32 logId => MarkedSize[]) private _markedSizes;

    /// @param admin admits organisations, and grants pausers and the marker: a multi-signature account in production
    /// @param adminDelay seconds between naming a new admin and its taking over, for everybody to see it coming
    constructor(address admin, uint48 adminDelay) AccessControlDefaultAdminRules(adminDelay, admin) {}

    /// @inheritdoc IAnchorLog
    function admitOrganisation(
        bytes32 organisation,
        address firstAdmin
    ) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (organisation == 0 || firstAdmin == address(0)) {
            revert AdmissionInvalid(organisation, firstAdmin);
        }
        bytes32 role = organisationRole(organisation);
        if (getRoleAdmin(role) == role) revert OrganisationAlreadyAdmitted(organisation);
        _setRoleAdmin(role, role);
        _setRoleAdmin(registrarRole(organisation), role);
        _grantRole(role, firstAdmin);
        emit OrganisationAdmitted(organisation, firstAdmin);
    }

    /// @inheritdoc IAnchorLog
    function openLog(
        bytes32 logId,
        bytes32 organisation,
        address anchorer
    ) external whenNotPaused onlyRole(organisationRole(organisation)) {
        if (logId == 0 || anchorer == address(0)) revert OpeningInvalid(logId, anchorer);
        Log storage log = _logs[logId];
        if (log.phase != Phase.Unknown) revert LogAlreadyOpened(logId);
        log.phase = Phase.Open;
        log.organisation = organisation;
        bytes32 role = anchorerRole(logId);
        _setRoleAdmin(role, organisationRole(organisation));
        _grantRole(role, anchorer);
        emit LogOpened(logId, organisation, anchorer);
    }

    /// @inheritdoc IAnchorLog
    function append(
        bytes32 logId,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata consistencyProof,
        bytes calldata checkpointSignature
    ) external whenNotPaused {
        _append(logId, newSize, newRoot, consistencyProof, checkpointSignature);
    }

    /// @inheritdoc IAnchorLog
    function appendMany(Append[] calldata appends) external whenNotPaused {
        for (uint256 i = 0; i < appends.length; ++i) {
            Append calldata a = appends[i];
            _append(a.logId, a.newSize, a.newRoot, a.consistencyProof, a.checkpointSignature);
        }
    }

    /// @inheritdoc IAnchorLog
    function closeLog(bytes32 logId, bytes32 successor) external {
        Log storage log = _logs[logId];
        _requireOpen(logId, log.phase);
        _checkRole(organisationRole(log.organisation));
        if (successor == logId || (successor != 0 && _logs[successor].phase != Phase.Open)) {
            revert SuccessorInvalid(logId, successor);
        }
        log.phase = Phase.Closed;
        log.successor = successor;
        emit LogClosed(logId, successor, log.size);
    }

    /// @inheritdoc IAnchorLog
    function mark() external onlyRole(MARKER_ROLE) returns (uint32 number) {
        number = ++_marks;
        emit Marked(number);
    }

    /// @inheritdoc IAnchorLog
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IAnchorLog
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// @inheritdoc IAnchorLog
    function head(bytes32 logId) external view returns (uint64 size, bytes32 root, uint64 anchoredAt) {
        Log storage log = _known(logId);
        return (log.size, log.root, log.anchoredAt);
    }

    /// @inheritdoc IAnchorLog
    function logOf(bytes32 logId) external view returns (Log memory) {
        return _logs[logId];
    }

    /// @inheritdoc IAnchorLog
    function sizeAtMark(bytes32 logId, uint32 number) external view returns (uint64 size) {
        if (number == 0 || number > _marks) revert MarkUnknown(number);
        Log storage log = _logs[logId];
        if (log.marks < number) return log.size;
        // The head moved after the mark: the first size that was kept at that mark or a later one is what it had then.
        MarkedSize[] storage kept = _markedSizes[logId];
        uint256 low = 0;
        uint256 high = kept.length - 1;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (kept[middle].marks < number) low = middle + 1;
            else high = middle;
        }
        return kept[low].size;
    }

    /// @inheritdoc IAnchorLog
    function verifyInclusion(
        bytes32 logId,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata proof
    ) external view returns (bool) {
        Log storage log = _known(logId);
        return Rfc6962.verifyInclusion(index, log.size, leafHash, proof, log.root);
    }

    /// @inheritdoc IAnchorLog
    function isRegistrar(bytes32 organisation, address account) external view returns (bool) {
        return hasRole(registrarRole(organisation), account);
    }

    /// @dev The roles of an organisation that is not admitted yet, and of a log that is not opened yet, have no admin: the
    /// default admin, who is OpenZeppelin's admin of whatever has none, could grant them in advance.
    function getRoleAdmin(
        bytes32 role
    ) public view override(AccessControl, IAccessControl) returns (bytes32 adminRole) {
        adminRole = super.getRoleAdmin(role);
        if (adminRole != DEFAULT_ADMIN_ROLE || role == DEFAULT_ADMIN_ROLE) return adminRole;
        if (role != PAUSER_ROLE && role != MARKER_ROLE) adminRole = NOBODY;
    }

    /// @inheritdoc IAnchorLog
    function organisationRole(bytes32 organisation) public pure returns (bytes32) {
        return keccak256(abi.encode(ORGANISATION, organisation));
    }

    /// @inheritdoc IAnchorLog
    function registrarRole(bytes32 organisation) public pure returns (bytes32) {
        return keccak256(abi.encode(REGISTRAR, organisation));
    }

    /// @inheritdoc IAnchorLog
    function anchorerRole(bytes32 logId) public pure returns (bytes32) {
        return keccak256(abi.encode(ANCHORER, logId));
    }

    function _append(
        bytes32 logId,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata consistencyProof,
        bytes calldata checkpointSignature
    ) private {
        Log storage log = _logs[logId];
        uint64 size = log.size;
        _requireOpen(logId, log.phase);
        _checkRole(anchorerRole(logId));
        if (checkpointSignature.length != 64) {
            revert SignatureLengthInvalid(logId, checkpointSignature.length);
        }
        if (newSize == 0 || newSize > MAX_SIZE) revert SizeInvalid(logId, newSize);
        if (newSize < size) revert SizeRegressed(logId, size, newSize);
        bytes32 root = log.root;
        if (newSize == size) {
            if (newRoot != root) revert RootConflict(logId, size, root, newRoot);
            return;
        }
        // RFC 9162 defines no proof from the empty tree: every tree grows out of it.
        bool consistent =
            size == 0
                ? consistencyProof.length == 0
                : Rfc6962.verifyConsistency(size, newSize, root, newRoot, consistencyProof);
        if (!consistent) revert Inconsistent(logId, size, newSize);

        uint32 marks = _marks;
        if (log.marks != marks) {
            _markedSizes[logId].push(MarkedSize({marks: marks, size: size}));
            log.marks = marks;
        }
        log.size = newSize;
        log.anchoredAt = uint64(block.timestamp);
        log.anchoredAtBlock = uint64(block.number);
        log.root = newRoot;
        emit Appended(logId, size, newSize, newRoot, checkpointSignature);
    }

    function _known(bytes32 logId) private view returns (Log storage log) {
        log = _logs[logId];
        if (log.phase == Phase.Unknown) revert LogUnknown(logId);
    }

    function _requireOpen(bytes32 logId, Phase phase) private view {
        if (phase == Phase.Unknown) revert LogUnknown(logId);
        if (phase == Phase.Closed) revert LogIsClosed(logId, _logs[logId].successor);
    }
}
