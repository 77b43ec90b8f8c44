// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NaiveTree} from "../merkle/NaiveTree.t.sol";
import {AnchorLog} from "./AnchorLog.sol";
import {IAnchorLog} from "./IAnchorLog.sol";

/// @notice Random lives of logs. The test contract is admin, organisation, anchorer and marker.
contract AnchorLogTest {
    using NaiveTree for bytes32[];

    bytes32 private constant ORGANISATION = keccak256("an organisation");
    bytes32 private constant LOG = keccak256("a log");
    bytes32 private constant OTHER = keccak256("another log");
    uint64 private constant MAX_SIZE = 2 ** 53 - 1;

    bytes private signature = new bytes(64);
    AnchorLog private anchorLog;

    function setUp() public {
        anchorLog = new AnchorLog(address(this), 0);
        anchorLog.admitOrganisation(ORGANISATION, address(this));
        anchorLog.grantRole(anchorLog.MARKER_ROLE(), address(this));
        anchorLog.openLog(LOG, ORGANISATION, address(this));
        anchorLog.openLog(OTHER, ORGANISATION, address(this));
    }

    function testFuzz_FollowsALogThatGrows(uint256 seed, uint8[6] memory growths) public {
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, 60);
        uint256 size = 0;
        for (uint256 i = 0; i < growths.length; ++i) {
            uint256 newSize = size + (growths[i] % 10);
            if (newSize == 0) continue;
            bytes32 root = leaves.root(0, newSize);
            anchorLog.append(LOG, uint64(newSize), root, proofBetween(leaves, size, newSize), signature);
            size = newSize;
            (uint64 anchoredSize, bytes32 anchoredRoot, uint64 anchoredAt) = anchorLog.head(LOG);
            require(anchoredSize == size && anchoredRoot == root && anchoredAt == block.timestamp);
        }
    }

    function testFuzz_RefusesARewrittenLog(uint256 seed, uint8 a, uint8 growth, uint8 changed) public {
        uint256 size = 1 + (uint256(a) % 40);
        uint256 newSize = size + 1 + (uint256(growth) % 20);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, newSize);
        anchorLog.append(LOG, uint64(size), leaves.root(0, size), new bytes32[](0), signature);
        leaves[changed % size] ^= bytes32(uint256(1));
        bytes32[] memory proof = leaves.proof(size, newSize);
        bytes32 root = leaves.root(0, newSize);
        try anchorLog.append(LOG, uint64(newSize), root, proof, signature) {
            revert("a rewritten history was anchored");
        } catch (bytes memory reason) {
            require(
                keccak256(reason) ==
                    keccak256(
                        abi.encodeWithSelector(
                            IAnchorLog.Inconsistent.selector,
                            LOG,
                            uint64(size),
                            uint64(newSize)
                        )
                    )
            );
        }
    }

    function testFuzz_NeverLosesGround(uint64 size, uint64 newSize, bytes32 root, bytes32 newRoot) public {
        size = 1 + (size % MAX_SIZE);
        anchorLog.append(LOG, size, root, new bytes32[](0), signature);
        bool accepted;
        try anchorLog.append(LOG, newSize, newRoot, new bytes32[](0), signature) {
            accepted = true;
        } catch {}
        require(accepted == (newSize == size && newRoot == root), "only the same head again needs no proof");
        (uint64 anchoredSize, bytes32 anchoredRoot, ) = anchorLog.head(LOG);
        require(anchoredSize == size && anchoredRoot == root);
    }

    /// @dev Each step appends to one of two logs or marks; what every mark must remember is noted beside.
    function testFuzz_RemembersSizesAtMarks(uint8[24] memory steps) public {
        uint64[2] memory sizes;
        uint64[2][] memory expected = new uint64[2][](steps.length);
        uint32 marks = 0;
        for (uint256 i = 0; i < steps.length; ++i) {
            if (steps[i] % 3 == 2) {
                expected[marks] = [sizes[0], sizes[1]];
                require(anchorLog.mark() == ++marks);
            } else {
                uint256 which = steps[i] % 3;
                grow(which == 0 ? LOG : OTHER, sizes[which]);
                ++sizes[which];
            }
        }
        for (uint32 m = 0; m < marks; ++m) {
            require(anchorLog.sizeAtMark(LOG, m + 1) == expected[m][0]);
            require(anchorLog.sizeAtMark(OTHER, m + 1) == expected[m][1]);
        }
    }

    function testFuzz_ChecksInclusionInTheAnchoredHead(uint256 seed, uint8 a, uint8 b) public {
        uint256 size = 1 + (uint256(b) % 40);
        uint256 index = uint256(a) % size;
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size);
        bytes32[] memory path = leaves.path(index, 0, size);
        anchorLog.append(LOG, uint64(size), leaves.root(0, size), new bytes32[](0), signature);
        require(anchorLog.verifyInclusion(LOG, leaves[index], uint64(index), path));
        require(!anchorLog.verifyInclusion(LOG, ~leaves[index], uint64(index), path));
    }

    /// @dev OpenZeppelin's admin of a role that has none is the default admin: here of two roles only, of these contracts.
    function testFuzz_NoRoleIsTheDefaultAdminsButTwo(bytes32 role, bytes32 name) public {
        bytes32[4] memory roles = [
            role,
            anchorLog.organisationRole(name),
            anchorLog.registrarRole(name),
            anchorLog.anchorerRole(name)
        ];
        for (uint256 i = 0; i < roles.length; ++i) {
            if (roles[i] == anchorLog.PAUSER_ROLE() || roles[i] == anchorLog.MARKER_ROLE()) continue;
            try anchorLog.grantRole(roles[i], address(0xBEEF)) {
                revert("granted by the default admin");
            } catch {}
            try anchorLog.revokeRole(roles[i], address(this)) {
                revert("revoked by the default admin");
            } catch {}
        }
    }

    function testFuzz_NamesWhatIsWrong(bytes32 name, address account, uint8 length, uint32 marks) public {
        requireRefused(
            abi.encodeCall(IAnchorLog.admitOrganisation, (0, account)),
            abi.encodeWithSelector(IAnchorLog.AdmissionInvalid.selector, bytes32(0), account)
        );
        requireRefused(
            abi.encodeCall(IAnchorLog.openLog, (name, ORGANISATION, address(0))),
            abi.encodeWithSelector(IAnchorLog.OpeningInvalid.selector, name, address(0))
        );
        requireRefused(
            abi.encodeCall(IAnchorLog.openLog, (LOG, ORGANISATION, address(this))),
            abi.encodeWithSelector(IAnchorLog.LogAlreadyOpened.selector, LOG)
        );
        requireRefused(
            abi.encodeCall(IAnchorLog.closeLog, (LOG, LOG)),
            abi.encodeWithSelector(IAnchorLog.SuccessorInvalid.selector, LOG, LOG)
        );
        requireRefused(
            abi.encodeCall(IAnchorLog.sizeAtMark, (LOG, marks)),
            abi.encodeWithSelector(IAnchorLog.MarkUnknown.selector, marks)
        );
        if (length != 64) {
            requireRefused(
                abi.encodeCall(IAnchorLog.append, (LOG, 1, name, new bytes32[](0), new bytes(length))),
                abi.encodeWithSelector(IAnchorLog.SignatureLengthInvalid.selector, LOG, uint256(length))
            );
        }
        if (name == LOG || name == OTHER) return;
        bytes memory unknown = abi.encodeWithSelector(IAnchorLog.LogUnknown.selector, name);
        requireRefused(abi.encodeCall(IAnchorLog.head, (name)), unknown);
        requireRefused(abi.encodeCall(IAnchorLog.closeLog, (name, bytes32(0))), unknown);
    }

    function requireRefused(bytes memory data, bytes memory reason) private {
        (bool taken, bytes memory answer) = address(anchorLog).call(data);
        require(!taken && keccak256(answer) == keccak256(reason));
    }

    function grow(bytes32 logId, uint256 size) private {
        bytes32[] memory leaves = NaiveTree.leavesOf(uint256(logId), size + 1);
        bytes32[] memory proof = proofBetween(leaves, size, size + 1);
        anchorLog.append(logId, uint64(size + 1), leaves.root(0, size + 1), proof, signature);
    }

    function proofBetween(
        bytes32[] memory leaves,
        uint256 size,
        uint256 newSize
    ) private pure returns (bytes32[] memory) {
        return size == 0 ? new bytes32[](0) : leaves.proof(size, newSize);
    }
}
