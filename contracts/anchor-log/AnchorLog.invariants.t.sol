// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NaiveTree} from "../merkle/NaiveTree.t.sol";
import {AnchorLog} from "./AnchorLog.sol";
import {IAnchorLog} from "./IAnchorLog.sol";

/// @notice An account of its own, so that calls come from somebody whose roles are known.
contract Actor {
    AnchorLog private immutable anchorLog;

    constructor(AnchorLog anchorLog_) {
        anchorLog = anchorLog_;
    }

    /// @return taken whether the contract took it
    function tryCall(bytes memory data) external returns (bool taken) {
        (taken, ) = address(anchorLog).call(data);
    }
}

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
    Actor public pauser;
    Actor public stranger;

    /// @dev What the contract has taken so far, by its own answers: what it must never go back on.
    mapping(uint256 log => mapping(uint64 size => bytes32 root)) public rootAt;
    uint64[LOGS] public largest;
    bool[LOGS] public closed;
    bool public paused;
    /// @dev Anything that should have been refused and was not, in words.
    string public breach;

    constructor() {
        anchorLog = new AnchorLog(address(this), 0);
        pauser = new Actor(anchorLog);
        stranger = new Actor(anchorLog);
        anchorLog.grantRole(anchorLog.PAUSER_ROLE(), address(pauser));
        anchorLog.grantRole(anchorLog.MARKER_ROLE(), address(this));
        for (uint256 i = 0; i < LOGS; ++i) {
            organisations[i] = new Actor(anchorLog);
            anchorers[i] = new Actor(anchorLog);
            bytes32 name = bytes32(i + 1);
            anchorLog.grantRole(anchorLog.organisationRole(name), address(organisations[i]));
            organisations[i].tryCall(
                abi.encodeCall(IAnchorLog.openLog, (logId(i), name, address(anchorers[i])))
            );
        }
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

    /// @dev A true head of one log, sent by everybody who is not its anchorer, each with the highest role there is.
    function intrude(uint256 who, uint256 which, uint256 by) external {
        which %= LOGS;
        uint64 size = largest[which];
        uint64 newSize = uint64(size + 1 + (by % 5));
        if (newSize > MAX_LEAVES || actorOf(who) == anchorers[which]) return;
        bytes32[] memory leaves = NaiveTree.leavesOf(which, newSize);
        bytes32[] memory proof = size == 0 ? new bytes32[](0) : leaves.proof(size, newSize);
        if (attempt(actorOf(who), which, newSize, leaves.root(0, newSize), proof))
            breach = "an intruder appended";
        // The default admin rules over organisations, and cannot make itself an anchorer.
        bytes32 role = anchorLog.anchorerRole(logId(which));
        try anchorLog.grantRole(role, address(this)) {
            breach = "the admin granted an anchorer";
        } catch {}
    }

    function pause(bool on) external {
        bytes memory data =
            on ? abi.encodeCall(IAnchorLog.pause, ()) : abi.encodeCall(IAnchorLog.unpause, ());
        if (stranger.tryCall(data)) breach = "a stranger paused";
        if (pauser.tryCall(data)) paused = on;
    }

    function mark() external {
        anchorLog.mark();
    }

    function close(uint256 which, uint256 dice) external {
        which %= LOGS;
        bytes memory data = abi.encodeCall(IAnchorLog.closeLog, (logId(which), bytes32(0)));
        if (organisations[(which + 1) % LOGS].tryCall(data)) breach = "another organisation closed it";
        // Rarely: a closed log is the end of its story.
        if (dice % 16 == 0 && organisations[which].tryCall(data)) closed[which] = true;
    }

    function actorOf(uint256 who) private view returns (Actor) {
        Actor[6] memory all = [
            anchorers[0],
            anchorers[1],
            organisations[0],
            organisations[1],
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
        taken = actor.tryCall(
            abi.encodeCall(IAnchorLog.append, (logId(which), newSize, root, proof, new bytes(64)))
        );
        if (!taken) return false;
        if (newSize < largest[which]) breach = "a head shrank";
        bytes32 before = rootAt[which][newSize];
        if (before != 0 && before != root) breach = "a root changed under a size";
        rootAt[which][newSize] = root;
        largest[which] = newSize;
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
