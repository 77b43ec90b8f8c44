// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An account of its own, so that calls come from somebody whose roles are known.
contract Actor {
    /// @return taken whether the contract took it
    function tryCall(address to, bytes memory data) external returns (bool taken) {
        (taken, ) = to.call(data);
    }
}
