// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Actor} from "../anchor-log/Actor.t.sol";
import {AnchorLog} from "../anchor-log/AnchorLog.sol";
import {DeviceRegistry} from "./DeviceRegistry.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";

/// @notice Registrars of two organisations, and everybody else, with a few keys, subjects and logs that they share.
contract DeviceRegistryHandler {
    uint256 public constant ORGANISATIONS = 2;
    uint256 public constant KEYS = 8;
    uint256 public constant LOGS = 2;
    uint256 private constant SUBJECTS = 4;

    AnchorLog public immutable anchorLog;
    DeviceRegistry public immutable registry;
    Actor[ORGANISATIONS] public registrars;
    Actor public stranger;

    /// @dev What the registry said after the step before.
    mapping(bytes32 publicKey => IDeviceRegistry.Key) private seen;
    mapping(bytes32 publicKey => mapping(bytes32 logId => uint64)) private seenFrom;
    mapping(bytes32 publicKey => mapping(bytes32 logId => IDeviceRegistry.RevocationScope)) private seenScope;
    /// @dev What should have been refused and was not, or the other way round, in words.
    string public breach;

    constructor() {
        anchorLog = new AnchorLog(address(this), 0);
        registry = new DeviceRegistry(anchorLog);
        anchorLog.grantRole(anchorLog.MARKER_ROLE(), address(registry));
        stranger = new Actor();
        for (uint256 i = 0; i < ORGANISATIONS; ++i) {
            registrars[i] = new Actor();
            // This contract is default admin and acts for both organisations: it is no registrar with all that.
            anchorLog.admitOrganisation(organisation(i), address(this));
            anchorLog.grantRole(anchorLog.registrarRole(organisation(i)), address(registrars[i]));
        }
        for (uint256 i = 0; i < LOGS; ++i) {
            anchorLog.openLog(logId(i), organisation(i % ORGANISATIONS), address(this));
        }
    }

    function organisation(uint256 i) public pure returns (bytes32) {
        return bytes32(i + 1);
    }

    function key(uint256 i) public pure returns (bytes32) {
        return keccak256(abi.encode("key", i % KEYS));
    }

    /// @dev The first subjects are the logs, of which each is its organisation's; the others are devices of whoever comes first.
    function subject(uint256 i) public pure returns (bytes32) {
        return logId(i % SUBJECTS);
    }

    function logId(uint256 i) public pure returns (bytes32) {
        return keccak256(abi.encode("log", i));
    }

    function enrol(uint256 who, uint256 whose, uint256 which, uint256 keyed, uint8 number) external {
        bytes32 named = organisation(whose % ORGANISATIONS);
        uint256 place = which % SUBJECTS;
        IDeviceRegistry.SubjectKind kind =
            place < LOGS ? IDeviceRegistry.SubjectKind.Log : IDeviceRegistry.SubjectKind.Device;
        bytes32 id = subject(place);
        bytes32 owner = place < LOGS ? organisation(place) : registry.organisationOf(id);
        uint32 next = registry.keyCount(id) + 1;
        // Mostly the right number, or hardly anything is ever enrolled.
        if (number < 224) number = uint8(next);
        bool taken = isTaken(
            actorOf(who),
            abi.encodeCall(IDeviceRegistry.enrol, (named, kind, id, number, key(keyed)))
        );
        bool isRight =
            actorOf(who) == address(registrars[whose % ORGANISATIONS]) &&
                (owner == 0 || owner == named) &&
                number == next &&
                seen[key(keyed)].status == IDeviceRegistry.KeyStatus.Unknown;
        if (taken != isRight) breach = taken ? "enrolled what it must not" : "a registrar was refused";
        look();
    }

    function rotate(uint256 who, uint256 old, uint256 next) external {
        IDeviceRegistry.Key memory before = seen[key(old)];
        bool taken = isTaken(
            actorOf(who),
            abi.encodeCall(IDeviceRegistry.rotate, (key(old), key(next), 1, 1))
        );
        bool isRight =
            isRegistrarOf(actorOf(who), before.subject) &&
                before.status == IDeviceRegistry.KeyStatus.Active &&
                seen[key(next)].status == IDeviceRegistry.KeyStatus.Unknown;
        if (taken != isRight) breach = taken ? "rotated what it must not" : "a rotation was refused";
        look();
    }

    /// @dev With a cut in one of the logs, or with none.
    function revoke(uint256 who, uint256 keyed, uint256 log, uint64 fromIndex, bool withCut) external {
        cut(actorOf(who), key(keyed), logId(log % LOGS), fromIndex, withCut);
    }

    /// @dev By whoever may, of a key that has a cut there: by chance that is rare, and where a cut may go is the question.
    function moveCut(uint256 keyed, uint256 log, uint64 fromIndex) external {
        bytes32 id = logId(log % LOGS);
        for (uint256 i = 0; i < KEYS; ++i) {
            bytes32 publicKey = key((keyed % KEYS) + i);
            if (seenScope[publicKey][id] != IDeviceRegistry.RevocationScope.Cut) continue;
            uint256 owner = uint256(registry.organisationOf(seen[publicKey].subject)) - 1;
            return cut(address(registrars[owner]), publicKey, id, fromIndex, true);
        }
    }

    function cut(address who, bytes32 publicKey, bytes32 id, uint64 fromIndex, bool withCut) private {
        (uint64 size, , ) = anchorLog.head(id);
        fromIndex %= size + 3;
        IDeviceRegistry.Cut[] memory cuts = new IDeviceRegistry.Cut[](withCut ? 1 : 0);
        if (withCut) cuts[0] = IDeviceRegistry.Cut(id, fromIndex);
        bool taken = isTaken(who, abi.encodeCall(IDeviceRegistry.revoke, (publicKey, cuts)));
        bool isEarlier =
            seenScope[publicKey][id] != IDeviceRegistry.RevocationScope.Cut ||
                fromIndex < seenFrom[publicKey][id];
        bool isRight =
            isRegistrarOf(who, seen[publicKey].subject) && (!withCut || (fromIndex <= size && isEarlier));
        if (taken != isRight) breach = taken ? "revoked what it must not" : "a revocation was refused";
        look();
    }

    /// @dev Heads move on meanwhile; that a proof is needed is another suite's, so each log's head is a tree of one leaf
    /// hash and then its own parent.
    function grow(uint256 log) external {
        bytes32 id = logId(log % LOGS);
        (uint64 size, bytes32 root, ) = anchorLog.head(id);
        bytes32[] memory proof = new bytes32[](size == 0 ? 0 : 1);
        if (size != 0) proof[0] = id;
        bytes32 grown = size == 0 ? id : sha256(abi.encodePacked(bytes1(0x01), root, id));
        // A perfect tree of `size` leaves and another one like it: the proof is the new half.
        if (size < 2 ** 20) anchorLog.append(id, size == 0 ? 1 : size * 2, grown, proof, new bytes(64));
        look();
    }

    /// @dev Holds every key against what it was before the step.
    function look() private {
        for (uint256 i = 0; i < KEYS; ++i) {
            bytes32 publicKey = key(i);
            IDeviceRegistry.Key memory before = seen[publicKey];
            IDeviceRegistry.Key memory now_ = registry.keyRecord(publicKey);
            if (now_.status < before.status) breach = "a status went back";
            if (before.status != IDeviceRegistry.KeyStatus.Unknown) {
                if (now_.subject != before.subject || now_.keyNumber != before.keyNumber)
                    breach = "a key changed its subject";
                if (now_.enrolledAtBlock != before.enrolledAtBlock) breach = "a key was enrolled again";
            }
            if (before.revokedAtBlock != 0 && now_.revocationMark != before.revocationMark)
                breach = "a revocation moved in time";
            seen[publicKey] = now_;
            for (uint256 log = 0; log < LOGS; ++log) lookAtEnd(publicKey, logId(log));
        }
    }

    function lookAtEnd(bytes32 publicKey, bytes32 id) private {
        (IDeviceRegistry.RevocationScope scope, uint64 from, ) = registry.revocationOf(publicKey, id);
        IDeviceRegistry.RevocationScope before = seenScope[publicKey][id];
        if (before == scope && scope == IDeviceRegistry.RevocationScope.AnchoredHead) {
            if (from != seenFrom[publicKey][id]) breach = "the head at a revocation moved";
        }
        if (before == IDeviceRegistry.RevocationScope.Cut) {
            if (scope != before) breach = "a cut was taken back";
            if (from > seenFrom[publicKey][id]) breach = "a cut moved forward";
        }
        if (before != IDeviceRegistry.RevocationScope.None && scope == IDeviceRegistry.RevocationScope.None)
            breach = "a revocation was taken back";
        (seenScope[publicKey][id], seenFrom[publicKey][id]) = (scope, from);
    }

    function isRegistrarOf(address account, bytes32 id) private view returns (bool) {
        bytes32 owner = registry.organisationOf(id);
        return owner != 0 && account == address(registrars[uint256(owner) - 1]);
    }

    /// @dev This contract, which is admin of everything and registrar of nothing, is one of them.
    function actorOf(uint256 who) private view returns (address) {
        address[4] memory all = [
            address(registrars[0]),
            address(registrars[1]),
            address(stranger),
            address(this)
        ];
        return all[who % all.length];
    }

    function isTaken(address who, bytes memory data) private returns (bool taken) {
        if (who != address(this)) return Actor(who).tryCall(address(registry), data);
        (taken, ) = address(registry).call(data);
    }
}

/// @notice What holds after any number of steps in any order.
contract DeviceRegistryInvariantsTest {
    DeviceRegistryHandler private handler;

    function setUp() public {
        handler = new DeviceRegistryHandler();
    }

    /// @dev The runner calls only the handler: everybody else's calls are among its steps.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_NothingWasTakenThatMustBeRefused() public view {
        string memory breach = handler.breach();
        require(bytes(breach).length == 0, breach);
    }

    function invariant_AKeyIsFoundWhereItIsBound() public view {
        DeviceRegistry registry = handler.registry();
        for (uint256 i = 0; i < handler.KEYS(); ++i) {
            IDeviceRegistry.Key memory key = registry.keyRecord(handler.key(i));
            if (key.status == IDeviceRegistry.KeyStatus.Unknown) continue;
            require(registry.keyOf(key.subject, key.keyNumber).publicKey == handler.key(i), "another key");
            require(registry.organisationOf(key.subject) != 0, "a key of no organisation");
            require(key.keyNumber <= registry.keyCount(key.subject), "a number above the count");
        }
    }

    function invariant_ALogsKeysAreOfItsOrganisation() public view {
        for (uint256 i = 0; i < handler.LOGS(); ++i) {
            bytes32 owner = handler.registry().organisationOf(handler.logId(i));
            require(
                owner == 0 || owner == handler.anchorLog().logOf(handler.logId(i)).organisation,
                "another organisation's log"
            );
        }
    }
}
