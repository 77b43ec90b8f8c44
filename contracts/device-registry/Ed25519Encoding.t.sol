// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ed25519Encoding} from "./Ed25519Encoding.sol";

contract Ed25519EncodingTest {
    uint256 private constant P = 2 ** 255 - 19;

    /// @dev The first 256 numbers and the last ones: all that is refused is there, but the two of order 8.
    function test_RefusesExactlySmallOrderAndNonCanonical() public pure {
        for (uint256 i = 0; i < 256; ++i) {
            for (uint256 sign = 0; sign < 2; ++sign) {
                check(i, sign == 1);
                check(2 ** 255 - 1 - i, sign == 1);
            }
        }
    }

    function testFuzz_AcceptsOrdinaryNumbers(uint256 y, bool sign) public pure {
        y = 2 + (y % (P - 4));
        require(Ed25519Encoding.isAcceptable(encode(y, sign)) || isOrder8(y));
    }

    function test_RefusesPointsOfOrder8() public pure {
        require(
            isOrder8(uint256(reverse(0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05)))
        );
        require(
            isOrder8(uint256(reverse(0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a)))
        );
        require(
            !Ed25519Encoding.isAcceptable(0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05)
        );
        require(
            !Ed25519Encoding.isAcceptable(0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85)
        );
        require(
            !Ed25519Encoding.isAcceptable(0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a)
        );
        require(
            !Ed25519Encoding.isAcceptable(0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa)
        );
    }

    function check(uint256 y, bool sign) private pure {
        bool bad = y >= P || y == 0 || y == 1 || y == P - 1;
        require(Ed25519Encoding.isAcceptable(encode(y, sign)) == !bad);
    }

    /// @dev Doubling a point of order 8 gives one of order 4, whose y is 0: with a = -1 that is y^2 = -x^2, which on the
    /// curve -x^2 + y^2 = 1 + d x^2 y^2 leaves d y^4 + 2 y^2 - 1 = 0, where d = -121665 / 121666.
    function isOrder8(uint256 y) private pure returns (bool) {
        uint256 y2 = mulmod(y, y, P);
        uint256 y4 = mulmod(y2, y2, P);
        uint256 left = mulmod(121665, y4, P);
        uint256 right = mulmod(121666, addmod(addmod(y2, y2, P), P - 1, P), P);
        return left == right;
    }

    function encode(uint256 y, bool sign) private pure returns (bytes32) {
        return reverse(bytes32(sign ? y | (1 << 255) : y));
    }

    function reverse(bytes32 word) private pure returns (bytes32 reversed) {
        for (uint256 i = 0; i < 32; ++i) reversed |= bytes32(uint256(uint8(word[i])) << (8 * i));
    }
}
