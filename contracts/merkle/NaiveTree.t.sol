// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title RFC 6962 section 2.1 as it is written: recursive, over all leaves
/// @notice The reference that the verifiers are fuzzed against. `leaves` are leaf hashes.
library NaiveTree {
    /// @notice MTH(D[start:end]), of at least one leaf.
    function root(bytes32[] memory leaves, uint256 start, uint256 end) internal pure returns (bytes32) {
        if (end - start == 1) return leaves[start];
        uint256 k = splitPoint(end - start);
        return node(root(leaves, start, start + k), root(leaves, start + k, end));
    }

    /// @notice PATH(m, D[start:end]); `m` counts from `start`.
    function path(
        bytes32[] memory leaves,
        uint256 m,
        uint256 start,
        uint256 end
    ) internal pure returns (bytes32[] memory) {
        if (end - start == 1) return new bytes32[](0);
        uint256 k = splitPoint(end - start);
        return
            m < k
                ? append(path(leaves, m, start, start + k), root(leaves, start + k, end))
                : append(path(leaves, m - k, start + k, end), root(leaves, start, start + k));
    }

    /// @notice PROOF(m, D[0:n]).
    function proof(bytes32[] memory leaves, uint256 m, uint256 n) internal pure returns (bytes32[] memory) {
        return subproof(leaves, m, 0, n, true);
    }

    function subproof(
        bytes32[] memory leaves,
        uint256 m,
        uint256 start,
        uint256 end,
        bool complete
    ) private pure returns (bytes32[] memory) {
        if (m == end - start) {
            bytes32[] memory none = new bytes32[](0);
            return complete ? none : append(none, root(leaves, start, end));
        }
        uint256 k = splitPoint(end - start);
        return
            m <= k
                ? append(subproof(leaves, m, start, start + k, complete), root(leaves, start + k, end))
                : append(subproof(leaves, m - k, start + k, end, false), root(leaves, start, start + k));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @notice `count` leaf hashes that depend on `seed`; the first ones are the same for every count.
    function leavesOf(uint256 seed, uint256 count) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) leaves[i] = sha256(abi.encodePacked(bytes1(0x00), seed, i));
    }

    function append(bytes32[] memory list, bytes32 last) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = last;
    }

    /// @dev The largest power of two below n, for n > 1.
    function splitPoint(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }
}
