// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Which 32 bytes may be an Ed25519 public key
/// @notice Under a small-order key anybody can forge signatures that some verifiers accept, and a key with two
/// encodings would be two keys. Both are told from the bytes alone, so the chain refuses them whoever asks.
library Ed25519Encoding {
    /// @dev RFC 8032 section 5.1.2: little-endian y, with the sign of x in the last byte's top bit.
    bytes32 private constant SIGN = bytes32(uint256(0x80));

    /// @dev The y of the eight points of small order: of order 4, 1, 2, 8 and 8. All smaller than p.
    bytes32 private constant Y_ORDER_4 = 0;
    bytes32 private constant Y_ORDER_1 = bytes32(uint256(1) << 248);
    bytes32 private constant Y_ORDER_2 = 0xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f;
    bytes32 private constant Y_ORDER_8_A = 0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05;
    bytes32 private constant Y_ORDER_8_B = 0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a;

    /// @dev All but the first byte of p = 2^255 - 19 and of the 18 numbers above it that 255 bits can hold; their
    /// first byte is 0xed or more.
    bytes32 private constant P_TAIL = 0x00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f;

    /// @notice False for the zero key, for keys of small order, and for y >= p.
    /// @dev Says nothing of whether y is on the curve, nor of points of mixed order: that takes curve arithmetic.
    function isAcceptable(bytes32 publicKey) internal pure returns (bool) {
        bytes32 y = publicKey & ~SIGN;
        bool isSmallOrder =
            y == Y_ORDER_4 || y == Y_ORDER_1 || y == Y_ORDER_2 || y == Y_ORDER_8_A || y == Y_ORDER_8_B;
        bool tailOfP = (y << 8) == (P_TAIL << 8);
        return !isSmallOrder && !(tailOfP && uint8(y[0]) >= 0xed);
    }
}
