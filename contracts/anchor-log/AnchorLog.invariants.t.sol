// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {NaiveTree} from "../merkle/NaiveTree.t.sol";
import {Actor} from "./Actor.t.sol";
import {AnchorLog} from "./AnchorLog.sol";
import {IAnchorLog} from "./IAnchorLog.sol";

/// @notice What random callers do, in any order and for as long as the runner likes; the invariants are asked between.
/// @dev Two logs of two organisations. Each is one true history of {NaiveTree}; a forged one differs in its leaves.
contract AnchorLogHandler {
    using NaiveTree for bytes32[];

    uint256 public constant LOGS = 2;
    /// @dev A naive tree of more leaves takes long, and shows no other shapes.
    uint256 private constant MAX_LEAVES = 40;

    AnchorLog public immutable anchorLog;
    Actor[LOGS] public organisations;
    Actor[LOGS] public anchorers;
    /// @dev Anchors both logs, each by the grace of its organisation.
    Actor public hub;
    Actor public admin;
    Actor public pauser;
    Actor public stranger;

    /// @dev What the contract has taken so far, by its own answers: what it must never go back on.
    mapping(uint256 log => mapping(uint64 size => bytes32 root)) public rootAt;
    uint64[LOGS] public largest;
    bool[LOGS] public closed;
    bool public paused;
    /// @dev What should have been refused and was not, or the other way round, in words.
    string public breach;

    constructor() {
        admin = new Actor();
        hub = new Actor();
        pauser = new Actor();
        stranger = new Actor();
        anchorLog = new AnchorLog(address(admin), 0);
        grant(admin, anchorLog.PAUSER_ROLE(), address(pauser));
        grant(admin, anchorLog.MARKER_ROLE(), address(this));
        for (uint256 i = 0; i < LOGS; ++i) {
            organisations[i] = new Actor();
            anchorers[i] = new Actor();
            // Before there is an organisation or a log, nobody has a say over it either.
            seize(admin, i);
            bytes memory admission = abi.encodeCall(
                IAnchorLog.admitOrganisation,
                (name(i), address(organisations[i]))
            );
            require(call(admin, admission), "admission");
            bytes memory opening = abi.encodeCall(
                IAnchorLog.openLog,
                (logId(i), name(i), address(anchorers[i]))
            );
            require(call(organisations[i], opening), "opening");
            require(grant(organisations[i], anchorLog.anchorerRole(logId(i)), address(hub)), "the hub");
        }
    }

    function name(uint256 i) public pure returns (bytes32) {
        return bytes32(i + 1);
    }

    function logId(uint256 i) public pure returns (bytes32) {
        return keccak256(abi.encode("log", i));
    }

    /// @dev An honest step: the log's own anchorer, a true proof.
    function grow(uint256 which, uint256 by) external {
        which %= LOGS;
        uint64 size = largest[which];
        uint64 newSize = uint64(size + (by % 7));
        if (newSize == 0 || newSize > MAX_LEAVES) return;
        bytes32[] memory leaves = NaiveTree.leavesOf(which, newSize);
        bytes32[] memory proof = size == 0 ? new bytes32[](0) : leaves.proof(size, newSize);
        bool taken = attempt(anchorers[which], which, newSize, leaves.root(0, newSize), proof);
        if (taken == (paused || closed[which]))
            breach = taken ? "grew while it must not" : "honest growth refused";
    }

    /// @dev Anything else: another history, any proof, by anybody.
    function forge(uint256 who, uint256 which, uint256 seed, uint64 newSize, uint8 proofLength) external {
        which %= LOGS;
        newSize = uint64(newSize % (MAX_LEAVES + 2));
        bytes32[] memory leaves = NaiveTree.leavesOf(seed | (1 << 255), MAX_LEAVES + 2);
        bytes32 root = newSize == 0 ? bytes32(seed) : leaves.root(0, newSize);
        bytes32[] memory proof = new bytes32[](proofLength % 8);
        for (uint256 i = 0; i < proof.length; ++i) proof[i] = leaves[i];
        uint64 size = largest[which];
        if (seed % 3 == 0 && size != 0 && newSize > size) proof = leaves.proof(size, newSize);
        // A log's first head has no predecessor to be held against: whoever may anchor it begins the history.
        if (size == 0 && actorOf(who) == anchorers[which]) return;
        if (attempt(actorOf(who), which, newSize, root, proof)) breach = "a forged head was taken";
    }

    /// @dev The hub: a true head of each log in one transaction, or one of them forged, and then nothing may move.
    function growTogether(uint256 by, uint256 forged) external {
        IAnchorLog.Append[] memory appends = new IAnchorLog.Append[](LOGS);
        for (uint256 i = 0; i < LOGS; ++i) {
            uint64 size = largest[i];
            uint64 newSize = uint64(size + 1 + ((by >> (8 * i)) % 5));
            if (newSize > MAX_LEAVES) return;
            bytes32[] memory leaves = NaiveTree.leavesOf(i, newSize);
            bytes32[] memory proof = size == 0 ? new bytes32[](0) : leaves.proof(size, newSize);
            // A proof that is one hash too long is never right, whatever the size.
            if (forged % 4 == i) proof = proof.append(leaves[0]);
            appends[i] = IAnchorLog.Append(logId(i), newSize, leaves.root(0, newSize), proof, new bytes(64));
        }
        bytes memory data = abi.encodeCall(IAnchorLog.appendMany, (appends));
        if (call(stranger, data) || call(anchorers[0], data)) breach = "half an anchorer appended";
        bool taken = call(hub, data);
        if (taken == (paused || closed[0] || closed[1] || forged % 4 < LOGS))
            breach = taken ? "grew together while it must not" : "honest growth together refused";
        if (!taken) return;
        for (uint256 i = 0; i < LOGS; ++i) note(i, appends[i].newSize, appends[i].newRoot);
    }

    /// @dev A true head of one log, sent by everybody who is not its anchorer, each with the highest role there is, and
    /// after having tried to make itself one.
    function intrude(uint256 who, uint256 which, uint256 by) external {
        which %= LOGS;
        uint64 size = largest[which];
        uint64 newSize = uint64(size + 1 + (by % 5));
        Actor actor = actorOf(who);
        if (newSize > MAX_LEAVES || actor == anchorers[which]) return;
        if (actor != organisations[which]) seize(actor, which);
        bytes memory again = abi.encodeCall(IAnchorLog.admitOrganisation, (name(which), address(actor)));
        if (call(actor, again)) breach = "an organisation was admitted again";
        bytes32[] memory leaves = NaiveTree.leavesOf(which, newSize);
        bytes32[] memory proof = size == 0 ? new bytes32[](0) : leaves.proof(size, newSize);
        if (attempt(actor, which, newSize, leaves.root(0, newSize), proof)) breach = "an intruder appended";
        if (actor == organisations[which]) return;
        if (call(actor, abi.encodeCall(IAnchorLog.closeLog, (logId(which), bytes32(0)))))
            breach = "an intruder closed a log";
    }

    /// @dev The two steps: the organisation's role first, with it its log's; and each at once.
    function seize(Actor actor, uint256 which) private {
        bytes32 organisation = anchorLog.organisationRole(name(which));
        bytes32 anchorer = anchorLog.anchorerRole(logId(which));
        if (grant(actor, organisation, address(actor))) breach = "an organisation was taken over";
        if (grant(actor, anchorLog.registrarRole(name(which)), address(actor)))
            breach = "an organisation's registrar was granted from outside";
        if (grant(actor, anchorer, address(actor))) breach = "an anchorer was granted from outside";
        bytes memory revocation = abi.encodeCall(
            IAccessControl.revokeRole,
            (organisation, address(organisations[which]))
        );
        if (call(actor, revocation)) breach = "an organisation's account was revoked from outside";
        revocation = abi.encodeCall(IAccessControl.revokeRole, (anchorer, address(anchorers[which])));
        if (call(actor, revocation)) breach = "an anchorer was revoked from outside";
    }

    function pause(bool on) external {
        bytes memory data =
            on ? abi.encodeCall(IAnchorLog.pause, ()) : abi.encodeCall(IAnchorLog.unpause, ());
        if (call(stranger, data)) breach = "a stranger paused";
        if (call(pauser, data)) paused = on;
    }

    function mark() external {
        anchorLog.mark();
    }

    function close(uint256 which, uint256 dice) external {
        which %= LOGS;
        bytes memory data = abi.encodeCall(IAnchorLog.closeLog, (logId(which), bytes32(0)));
        if (call(organisations[(which + 1) % LOGS], data)) breach = "another organisation closed it";
        // Rarely: a closed log is the end of its story.
        if (dice % 16 == 0 && call(organisations[which], data)) closed[which] = true;
    }

    function actorOf(uint256 who) private view returns (Actor) {
        Actor[7] memory all = [
            anchorers[0],
            anchorers[1],
            organisations[0],
            organisations[1],
            admin,
            pauser,
            stranger
        ];
        return all[who % all.length];
    }

    function attempt(
        Actor actor,
        uint256 which,
        uint64 newSize,
        bytes32 root,
        bytes32[] memory proof
    ) private returns (bool taken) {
        taken = call(
            actor,
            abi.encodeCall(IAnchorLog.append, (logId(which), newSize, root, proof, new bytes(64)))
        );
        if (taken) note(which, newSize, root);
    }

    function note(uint256 which, uint64 newSize, bytes32 root) private {
        if (newSize < largest[which]) breach = "a head shrank";
        bytes32 before = rootAt[which][newSize];
        if (before != 0 && before != root) breach = "a root changed under a size";
        rootAt[which][newSize] = root;
        largest[which] = newSize;
    }

    function grant(Actor actor, bytes32 role, address account) private returns (bool taken) {
        return call(actor, abi.encodeCall(IAccessControl.grantRole, (role, account)));
    }

    function call(Actor actor, bytes memory data) private returns (bool taken) {
        return actor.tryCall(address(anchorLog), data);
    }
}

/// @notice What holds after any number of steps in any order.
contract AnchorLogInvariantsTest {
    using NaiveTree for bytes32[];

    AnchorLogHandler private handler;

    function setUp() public {
        handler = new AnchorLogHandler();
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

    function invariant_TheHeadIsTheLargestThatWasTaken() public view {
        for (uint256 i = 0; i < handler.LOGS(); ++i) {
            (uint64 size, bytes32 root, ) = handler.anchorLog().head(handler.logId(i));
            require(size == handler.largest(i), "the size is not what was taken last");
            require(root == handler.rootAt(i, size), "the root is not what was taken with this size");
        }
    }

    function invariant_EveryHeadIsOfTheOneTrueHistory() public view {
        for (uint256 i = 0; i < handler.LOGS(); ++i) {
            (uint64 size, bytes32 root, ) = handler.anchorLog().head(handler.logId(i));
            if (size != 0) require(root == NaiveTree.leavesOf(i, size).root(0, size), "another history");
        }
    }
}
