// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NaiveTree} from "./NaiveTree.t.sol";
import {Rfc6962} from "./Rfc6962.sol";

/// @notice Gives the library's functions calldata to read; also what the shared vectors are run through.
contract Rfc6962Harness {
    function verifyInclusion(
        uint256 index,
        uint256 size,
        bytes32 leafHash,
        bytes32[] calldata proof,
        bytes32 root
    ) external view returns (bool) {
        return Rfc6962.verifyInclusion(index, size, leafHash, proof, root);
    }

    function verifyConsistency(
        uint256 size1,
        uint256 size2,
        bytes32 root1,
        bytes32 root2,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return Rfc6962.verifyConsistency(size1, size2, root1, root2, proof);
    }

    function nodeHash(bytes32 left, bytes32 right) external view returns (bytes32) {
        return Rfc6962.nodeHash(left, right);
    }
}

contract Rfc6962Test {
    using NaiveTree for bytes32[];

    uint256 private constant MAX_LEAVES = 70;

    Rfc6962Harness private immutable rfc6962 = new Rfc6962Harness();

    function testFuzz_HashesNodesAsTheRfcSays(bytes32 left, bytes32 right) public view {
        require(rfc6962.nodeHash(left, right) == NaiveTree.node(left, right));
    }

    function testFuzz_AcceptsEveryTrueConsistencyProof(uint256 seed, uint8 a, uint8 b) public view {
        (uint256 size1, uint256 size2) = sizesFrom(a, b);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size2);
        require(
            rfc6962.verifyConsistency(
                size1,
                size2,
                leaves.root(0, size1),
                leaves.root(0, size2),
                leaves.proof(size1, size2)
            )
        );
    }

    function testFuzz_RefusesAnyChangedBitOfAConsistencyProof(
        uint256 seed,
        uint8 a,
        uint8 b,
        uint16 change
    ) public view {
        (uint256 size1, uint256 size2) = sizesFrom(a, b);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size2);
        bytes32[] memory proof = leaves.proof(size1, size2);
        bytes32 root1 = leaves.root(0, size1);
        bytes32 root2 = leaves.root(0, size2);
        bytes32 flip = bytes32(uint256(1) << (change & 0xff));
        uint256 where = (change >> 8) % (proof.length + 2);
        if (where == 0) root1 ^= flip;
        else if (where == 1) root2 ^= flip;
        else proof[where - 2] ^= flip;
        require(!rfc6962.verifyConsistency(size1, size2, root1, root2, proof));
    }

    function testFuzz_RefusesALongerOrShorterConsistencyProof(uint256 seed, uint8 a, uint8 b) public view {
        (uint256 size1, uint256 size2) = sizesFrom(a, b);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size2);
        bytes32[] memory proof = leaves.proof(size1, size2);
        bytes32 root1 = leaves.root(0, size1);
        bytes32 root2 = leaves.root(0, size2);
        bytes32[] memory longer = proof.append(bytes32(seed));
        require(!rfc6962.verifyConsistency(size1, size2, root1, root2, longer));
        if (proof.length == 0) return;
        require(!rfc6962.verifyConsistency(size1, size2, root1, root2, withoutLast(proof)));
    }

    function testFuzz_RefusesARewrittenHistory(uint256 seed, uint8 a, uint8 b, uint8 changed) public view {
        (uint256 size1, uint256 size2) = sizesFrom(a, b);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size2);
        bytes32 root1 = leaves.root(0, size1);
        leaves[changed % size1] ^= bytes32(uint256(1));
        require(
            !rfc6962.verifyConsistency(size1, size2, root1, leaves.root(0, size2), leaves.proof(size1, size2))
        );
    }

    function testFuzz_RefusesSizesOutOfOrder(uint64 size1, uint64 size2, bytes32 root) public view {
        bytes32[] memory none = new bytes32[](0);
        require(rfc6962.verifyConsistency(size1, size2, root, root, none) == (size1 == size2 && size1 != 0));
    }

    function testFuzz_AcceptsEveryTrueInclusionProof(uint256 seed, uint8 a, uint8 b) public view {
        (uint256 indexPlusOne, uint256 size) = sizesFrom(a, b);
        uint256 index = indexPlusOne - 1;
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size);
        bytes32 root = leaves.root(0, size);
        bytes32[] memory path = leaves.path(index, 0, size);
        require(rfc6962.verifyInclusion(index, size, leaves[index], path, root));
        require(!rfc6962.verifyInclusion(size, size, leaves[index], path, root));
        require(!rfc6962.verifyInclusion(index, size, leaves[index], path.append(root), root));
    }

    function testFuzz_RefusesAnyChangedBitOfAnInclusionProof(
        uint256 seed,
        uint8 a,
        uint8 b,
        uint16 change
    ) public view {
        (uint256 indexPlusOne, uint256 size) = sizesFrom(a, b);
        uint256 index = indexPlusOne - 1;
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size);
        bytes32 root = leaves.root(0, size);
        bytes32[] memory path = leaves.path(index, 0, size);
        bytes32 leaf = leaves[index];
        bytes32 flip = bytes32(uint256(1) << (change & 0xff));
        uint256 where = (change >> 8) % (path.length + 2);
        if (where == 0) leaf ^= flip;
        else if (where == 1) root ^= flip;
        else path[where - 2] ^= flip;
        require(!rfc6962.verifyInclusion(index, size, leaf, path, root));
    }

    /// @dev Any place, any leaf, and any other place's path, cut or drawn out: taken when all of it is true, and only then.
    function testFuzz_TakesAnInclusionProofIffItIsTrue(
        uint256 seed,
        uint8 b,
        uint8[3] memory places,
        uint8 shape
    ) public view {
        uint256 size = 1 + (uint256(b) % MAX_LEAVES);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size);
        // Often the same place thrice, or what is true is never asked.
        uint256 index = places[0] % (size + 2);
        uint256 ofLeaf = shape & 1 == 0 ? index % size : places[1] % size;
        uint256 ofPath = shape & 2 == 0 ? index % size : places[2] % size;
        bytes32[] memory proof = reshaped(leaves.path(ofPath, 0, size), bytes32(seed), shape >> 2);
        bool isTrue =
            index < size && leaves[ofLeaf] == leaves[index] && isSame(proof, leaves.path(index, 0, size));
        require(rfc6962.verifyInclusion(index, size, leaves[ofLeaf], proof, leaves.root(0, size)) == isTrue);
    }

    /// @dev The same of two heads, which may be of two histories, in either order, with the proof of any two sizes.
    function testFuzz_TakesAConsistencyProofIffItIsTrue(
        uint256 seed,
        uint8[4] memory sizes,
        uint8 changed,
        uint8 shape
    ) public view {
        uint256 size1 = 1 + (uint256(sizes[0]) % MAX_LEAVES);
        uint256 size2 = 1 + (uint256(sizes[1]) % MAX_LEAVES);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, MAX_LEAVES);
        bytes32 root1 = leaves.root(0, size1);
        bool isRewritten = shape & 1 == 1 && changed % MAX_LEAVES < size1;
        if (isRewritten) leaves[changed % MAX_LEAVES] = bytes32(seed);
        (uint256 from, uint256 to) = shape & 2 == 0 && size1 <= size2
            ? (size1, size2)
            : sizesFrom(sizes[2], sizes[3]);
        bytes32[] memory proof = reshaped(leaves.proof(from, to), bytes32(seed), shape >> 2);
        bool isTrue = size1 <= size2 && !isRewritten && isSame(proof, leaves.proof(size1, size2));
        require(rfc6962.verifyConsistency(size1, size2, root1, leaves.root(0, size2), proof) == isTrue);
    }

    /// @dev Mostly as it is; else longer, shorter, turned round or with one hash exchanged.
    function reshaped(
        bytes32[] memory proof,
        bytes32 other,
        uint256 how
    ) private pure returns (bytes32[] memory) {
        how %= 8;
        if (how == 1) return proof.append(other);
        if (how == 0 || how > 4 || proof.length == 0) return proof;
        if (how == 2) return withoutLast(proof);
        if (how == 3) (proof[0], proof[proof.length - 1]) = (proof[proof.length - 1], proof[0]);
        else proof[uint256(other) % proof.length] = other;
        return proof;
    }

    function isSame(bytes32[] memory one, bytes32[] memory other) private pure returns (bool) {
        return keccak256(abi.encode(one)) == keccak256(abi.encode(other));
    }

    function sizesFrom(uint8 a, uint8 b) private pure returns (uint256 size1, uint256 size2) {
        size2 = 1 + (uint256(b) % MAX_LEAVES);
        size1 = 1 + (uint256(a) % size2);
    }

    function withoutLast(bytes32[] memory list) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](list.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) shorter[i] = list[i];
    }
}
