// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Proofs over RFC 6962 SHA-256 Merkle trees, as RFC 9162 verifies them
/// @notice Every malformed proof (too short, too long, index or sizes out of order) is `false`, never a revert.
/// @dev Assembly is kept to hashing and to reading a word of the proof. A consistency proof onto a log of a million
/// entries is some forty hashes, and `sha256(abi.encodePacked(...))` alone would cost a third more gas.
library Rfc6962 {
    /// @notice RFC 9162 section 2.1.3.2.
    /// @param index of the leaf, below `size`
    /// @param proof sibling hashes from the leaf up
    function verifyInclusion(
        uint256 index,
        uint256 size,
        bytes32 leafHash,
        bytes32[] calldata proof,
        bytes32 root
    ) internal view returns (bool) {
        unchecked {
            if (index >= size) return false;
            uint256 fn = index;
            uint256 sn = size - 1;
            bytes32 r = leafHash;
            uint256 length = proof.length;
            for (uint256 i = 0; i < length; ++i) {
                if (sn == 0) return false;
                if (fn & 1 == 1 || fn == sn) {
                    r = nodeHash(proof[i], r);
                    while (fn & 1 == 0 && fn != 0) {
                        fn >>= 1;
                        sn >>= 1;
                    }
                } else {
                    r = nodeHash(r, proof[i]);
                }
                fn >>= 1;
                sn >>= 1;
            }
            return sn == 0 && r == root;
        }
    }

    /// @notice RFC 9162 section 2.1.4.2: the tree of `size2` leaves begins with the tree of `size1` leaves.
    /// @dev The empty tree proves nothing, so 0 < size1 <= size2; equal sizes need equal roots and an empty proof.
    function verifyConsistency(
        uint256 size1,
        uint256 size2,
        bytes32 root1,
        bytes32 root2,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        unchecked {
            if (size1 == 0 || size1 > size2) return false;
            if (size1 == size2) return proof.length == 0 && root1 == root2;
            uint256 fn = size1 - 1;
            uint256 sn = size2 - 1;
            while (fn & 1 == 1) {
                fn >>= 1;
                sn >>= 1;
            }
            uint256 length = proof.length;
            uint256 i = 0;
            bytes32 fr = root1;
            // size1 is a power of two exactly when nothing but ones was shifted out: then the old root is itself the
            // first node of the path, and the proof leaves it out.
            if (fn != 0) {
                if (length == 0) return false;
                fr = proof[0];
                i = 1;
            }
            bytes32 sr = fr;
            while (i < length) {
                if (sn == 0) return false;
                bytes32 c = wordAt(proof, i++);
                if (fn & 1 == 1 || fn == sn) {
                    (fr, sr) = nodeHashes(c, fr, sr);
                    while (fn & 1 == 0 && fn != 0) {
                        fn >>= 1;
                        sn >>= 1;
                    }
                } else {
                    sr = nodeHash(sr, c);
                }
                fn >>= 1;
                sn >>= 1;
            }
            return sn == 0 && fr == root1 && sr == root2;
        }
    }

    /// @notice SHA-256(0x01 | left | right), RFC 9162 section 2.1.1.
    function nodeHash(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            // 65 bytes do not fit the scratch space: written past the free-memory pointer, which is not moved.
            let free := mload(0x40)
            mstore8(free, 0x01)
            mstore(add(free, 0x01), left)
            mstore(add(free, 0x21), right)
            // Arguments are evaluated from the right, so the call comes first. The size of its answer tells a chain
            // without the precompile, where the call succeeds and says nothing.
            if iszero(and(eq(returndatasize(), 0x20), staticcall(gas(), 0x02, free, 0x41, 0x00, 0x20))) {
                revert(0x00, 0x00)
            }
            hash := mload(0x00)
        }
    }

    /// @dev Two nodes with one left child: what a climb along an old tree's right edge hashes, once for each of the two
    /// trees. The shared half of the input is written once.
    function nodeHashes(
        bytes32 left,
        bytes32 right1,
        bytes32 right2
    ) private view returns (bytes32 hash1, bytes32 hash2) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0x01)
            mstore(add(free, 0x01), left)
            mstore(add(free, 0x21), right1)
            let first := and(eq(returndatasize(), 0x20), staticcall(gas(), 0x02, free, 0x41, 0x00, 0x20))
            mstore(add(free, 0x21), right2)
            if iszero(and(first, staticcall(gas(), 0x02, free, 0x41, 0x20, 0x20))) {
                revert(0x00, 0x00)
            }
            hash1 := mload(0x00)
            hash2 := mload(0x20)
        }
    }

    /// @dev `words[i]` without the bounds check, which the caller's loop has made.
    function wordAt(bytes32[] calldata words, uint256 i) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(words.offset, shl(5, i)))
        }
    }
}
