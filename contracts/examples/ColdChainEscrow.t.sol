// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLog} from "../anchor-log/AnchorLog.sol";
import {NaiveTree} from "../merkle/NaiveTree.t.sol";
import {ColdChainEscrow} from "./ColdChainEscrow.sol";

interface Vm {
    function warp(uint256 newTimestamp) external;
    function deal(address account, uint256 newBalance) external;
}

/// @notice Takes no money, or calls back while it is paid.
contract AwkwardPayee {
    ColdChainEscrow private immutable escrow;
    bytes32 public deliveryId;
    bool public refuses;

    constructor(ColdChainEscrow escrow_) {
        escrow = escrow_;
    }

    function prepare(bytes32 deliveryId_, bool refuses_) external {
        deliveryId = deliveryId_;
        refuses = refuses_;
    }

    receive() external payable {
        if (refuses) revert("no, thanks");
        try escrow.refund(deliveryId) {
            revert("paid twice");
        } catch {}
    }
}

/// @notice Another shipper, who may be the carrier of its own delivery.
contract Stranger {
    receive() external payable {}

    function lock(
        ColdChainEscrow escrow,
        bytes32 deliveryId,
        bytes32 logId,
        bytes32 payloadHash,
        uint64 deadline
    ) external payable {
        lockFor(escrow, deliveryId, payable(address(this)), logId, payloadHash, deadline);
    }

    function lockFor(
        ColdChainEscrow escrow,
        bytes32 deliveryId,
        address payable carrier,
        bytes32 logId,
        bytes32 payloadHash,
        uint64 deadline
    ) public payable {
        escrow.lock{value: msg.value}(deliveryId, carrier, logId, payloadHash, deadline);
    }
}

contract ColdChainEscrowTest {
    using NaiveTree for bytes32[];

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 private constant ORGANISATION = keccak256("an organisation");
    bytes32 private constant LOG = keccak256("the receiver's log");
    bytes32 private constant DELIVERY = keccak256("a delivery");
    bytes32 private constant ATTESTATION = keccak256("arrived, and never above 4 degrees");
    address payable private constant CARRIER = payable(address(0xCA44133));
    uint96 private constant FREIGHT = 3 ether;

    AnchorLog private anchorLog;
    ColdChainEscrow private escrow;
    uint64 private deadline;

    receive() external payable {}

    function setUp() public {
        anchorLog = new AnchorLog(address(this), 0);
        anchorLog.admitOrganisation(ORGANISATION, address(this));
        anchorLog.openLog(LOG, ORGANISATION, address(this));
        escrow = new ColdChainEscrow(anchorLog);
        deadline = uint64(block.timestamp) + 1 days;
        vm.deal(address(this), 100 ether);
        escrow.lock{value: FREIGHT}(DELIVERY, CARRIER, LOG, ATTESTATION, deadline);
    }

    function testFuzz_PaysTheCarrierOnceOnProof(uint256 seed, uint8 a, uint8 b) public {
        (uint64 index, bytes32[] memory proof) = anchorWith(seed, a, b);
        uint256 before = CARRIER.balance;
        escrow.claim(DELIVERY, entryOf(ATTESTATION), index, proof);
        require(CARRIER.balance == before + FREIGHT, "the carrier has the freight");
        require(address(escrow).balance == 0, "and the escrow nothing");
        require(!claims(DELIVERY, entryOf(ATTESTATION), index, proof), "once");
        vm.warp(deadline + 1);
        require(!refunds(DELIVERY), "and nothing is left to give back");
    }

    function testFuzz_PaysForNoOtherEntryPlaceOrProof(uint256 seed, uint8 a, uint8 b, uint8 which) public {
        (uint64 index, bytes32[] memory proof) = anchorWith(seed, a, b);
        bytes memory entry = entryOf(ATTESTATION);
        which = which % 5;
        if (which == 0) entry = entryOf(keccak256("arrived warm"));
        else if (which == 1) entry[3] = 0x01;
        else if (which == 2) index += 1;
        else if (which == 3) proof = proof.append(bytes32(seed));
        else entry = abi.encodePacked(entry, bytes1(0x00));
        require(!claims(DELIVERY, entry, index, proof));
        require(address(escrow).balance == FREIGHT, "the money stays locked");
    }

    function testFuzz_AStrangersDeliveryTakesNothingFromTheCarrier(uint256 seed, uint8 a, uint8 b) public {
        (uint64 index, bytes32[] memory proof) = anchorWith(seed, a, b);
        Stranger stranger = new Stranger();
        bytes32 another = keccak256("a stranger's delivery");
        stranger.lock{value: 1}(escrow, another, LOG, ATTESTATION, deadline);
        escrow.claim(another, entryOf(ATTESTATION), index, proof);
        require(address(stranger).balance == 1, "who locks for oneself is paid one's own money");
        uint256 before = CARRIER.balance;
        escrow.claim(DELIVERY, entryOf(ATTESTATION), index, proof);
        require(CARRIER.balance == before + FREIGHT, "the carrier has the freight all the same");
    }

    function test_AnAttestationIsOfOneDeliveryOfItsShipper() public {
        bytes32 another = keccak256("another delivery");
        require(!locks(another, CARRIER, ATTESTATION, deadline, 1), "while it is locked");
        (uint64 index, bytes32[] memory proof) = anchorWith(7, 3, 9);
        escrow.claim(DELIVERY, entryOf(ATTESTATION), index, proof);
        require(!locks(another, CARRIER, ATTESTATION, deadline, 1), "and when it is paid");
    }

    function test_AnAttestationIsFreeAgainWhenTheMoneyIsBack() public {
        vm.warp(deadline + 1);
        escrow.refund(DELIVERY);
        bytes32 another = keccak256("another delivery");
        require(locks(another, CARRIER, ATTESTATION, deadline + 2 days, 1));
        (uint64 index, bytes32[] memory proof) = anchorWith(7, 3, 9);
        require(!claims(DELIVERY, entryOf(ATTESTATION), index, proof), "what was given back is not paid");
        require(claims(another, entryOf(ATTESTATION), index, proof));
    }

    function testFuzz_GivesBackAfterTheDeadlineAndNotBefore(uint256 seed, uint32 seconds_) public {
        (uint64 index, bytes32[] memory proof) = anchorWith(seed, 0, 0);
        vm.warp(uint256(deadline) + 1 + seconds_);
        require(!claims(DELIVERY, entryOf(ATTESTATION), index, proof), "evidence comes too late");
        uint256 before = address(this).balance;
        escrow.refund(DELIVERY);
        require(address(this).balance == before + FREIGHT);
        require(!refunds(DELIVERY), "once");
    }

    function test_KeepsTheMoneyUntilTheDeadline() public {
        vm.warp(deadline);
        require(!refunds(DELIVERY));
        require(!refunds(keccak256("no delivery")));
    }

    function test_RefusesTermsThatCannotBeMet() public {
        bytes32 fresh = keccak256("a fresh delivery");
        bytes32 own = keccak256("another attestation");
        require(!locks(DELIVERY, CARRIER, own, deadline, 1), "a delivery is locked once");
        require(!locks(fresh, payable(address(0)), own, deadline, 1), "with a carrier");
        require(!locks(fresh, CARRIER, own, uint64(block.timestamp), 1), "before its deadline");
        require(!locks(fresh, CARRIER, own, deadline, 0), "with money");
        require(locks(fresh, CARRIER, own, deadline, 1));
    }

    function test_SettlesBeforeItPays() public {
        AwkwardPayee payee = new AwkwardPayee(escrow);
        bytes32 id = keccak256("an awkward delivery");
        Stranger shipper = new Stranger();
        shipper.lockFor{value: 1 ether}(escrow, id, payable(address(payee)), LOG, ATTESTATION, deadline);
        (uint64 index, bytes32[] memory proof) = anchorWith(7, 3, 9);
        payee.prepare(id, true);
        require(!claims(id, entryOf(ATTESTATION), index, proof), "refused money stays locked");
        payee.prepare(id, false);
        escrow.claim(id, entryOf(ATTESTATION), index, proof);
        require(address(payee).balance == 1 ether && address(escrow).balance == FREIGHT);
        require(escrow.deliveryOf(id).state == ColdChainEscrow.State.Paid);
    }

    /// @dev Anchors a log that has the attestation somewhere. @return where, and the proof of it
    function anchorWith(
        uint256 seed,
        uint8 a,
        uint8 b
    ) private returns (uint64 index, bytes32[] memory proof) {
        uint256 size = 1 + (uint256(b) % 40);
        index = uint64(uint256(a) % size);
        bytes32[] memory leaves = NaiveTree.leavesOf(seed, size);
        leaves[index] = sha256(abi.encodePacked(bytes1(0x00), entryOf(ATTESTATION)));
        anchorLog.append(LOG, uint64(size), leaves.root(0, size), new bytes32[](0), new bytes(64));
        proof = leaves.path(index, 0, size);
    }

    /// @dev The 56 bytes of PROTOCOL section 2 around a payload's hash.
    function entryOf(bytes32 payloadHash) private pure returns (bytes memory) {
        return
            abi.encodePacked(
                bytes4(0x01010100),
                uint64(1_790_000_000_000),
                uint32(9),
                uint64(5),
                payloadHash
            );
    }

    function claims(
        bytes32 id,
        bytes memory entry,
        uint64 index,
        bytes32[] memory proof
    ) private returns (bool) {
        try escrow.claim(id, entry, index, proof) {
            return true;
        } catch {
            return false;
        }
    }

    function refunds(bytes32 id) private returns (bool) {
        try escrow.refund(id) {
            return true;
        } catch {
            return false;
        }
    }

    function locks(
        bytes32 id,
        address payable carrier,
        bytes32 attestation,
        uint64 until,
        uint256 value
    ) private returns (bool) {
        try escrow.lock{value: value}(id, carrier, LOG, attestation, until) {
            return true;
        } catch {
            return false;
        }
    }
}
