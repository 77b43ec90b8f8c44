// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorLog} from "../anchor-log/IAnchorLog.sol";

/// @title An example of a contract that acts on evidence: freight paid when a delivery's attestation is in the log
/// @notice A shipper locks the freight of a delivery and names the attestation that proves it by its SHA-256: the receipt
/// that both sides agreed on, with a nonce that only its signer knows, which the receiver's gateway logs when the goods
/// have arrived as agreed. Once an entry that commits to it is under the log's anchored head, anybody may have the carrier
/// paid; after the deadline the shipper has the money back. Nobody is trusted with the decision: AnchorLog checks the proof.
/// @dev What the attestation says is agreed beforehand, so nothing of it comes onto the chain but its hash. An
/// attestation is of one delivery of its shipper, from the lock on; what strangers lock for it is their own money and
/// takes nothing from anybody. Who signed the log is not asked here: name a log that neither side writes.
contract ColdChainEscrow {
    enum State {
        Unknown,
        Locked,
        Paid,
        Refunded
    }

    /// @param payloadHash SHA-256 of the agreed attestation, which the entry commits to
    /// @param deadline Unix seconds: evidence counts up to it, the refund begins after it
    struct Delivery {
        address payable shipper;
        address payable carrier;
        uint96 amountWei;
        uint64 deadline;
        State state;
        bytes32 logId;
        bytes32 payloadHash;
    }

    /// @dev The length of a log entry and where its payload's hash begins, PROTOCOL section 2.
    uint256 private constant ENTRY_LENGTH = 56;
    uint256 private constant PAYLOAD_HASH_AT = 24;

    IAnchorLog public immutable anchorLog;

    mapping(bytes32 deliveryId => Delivery) private _deliveries;
    /// @dev So that a shipper pays once for one attestation. By shipper: else anybody could take it from another.
    mapping(address shipper => mapping(bytes32 logId => mapping(bytes32 payloadHash => bool))) private _named;

    event Locked(
        bytes32 indexed deliveryId,
        address indexed shipper,
        address indexed carrier,
        uint96 amountWei
    );
    event Paid(bytes32 indexed deliveryId, bytes32 indexed logId, uint64 index);
    event Refunded(bytes32 indexed deliveryId);

    error TermsInvalid(bytes32 deliveryId);
    error NotLocked(bytes32 deliveryId, State state);
    error DeadlinePassed(bytes32 deliveryId, uint64 deadline);
    error DeadlineNotReached(bytes32 deliveryId, uint64 deadline);
    /// @notice Not an entry that commits to the agreed attestation.
    error EntryInvalid(bytes32 deliveryId);
    /// @notice Another delivery of this shipper names the same attestation, and has not been refunded.
    error AttestationNamed(bytes32 logId, bytes32 payloadHash);
    /// @notice The entry is not under the log's anchored head.
    error NotIncluded(bytes32 deliveryId);
    error PaymentRefused(address payee);

    constructor(IAnchorLog anchorLog_) {
        anchorLog = anchorLog_;
    }

    /// @notice Locks the value sent for one delivery.
    /// @dev Reverts with {TermsInvalid} for a delivery that exists, no money, no carrier, or a deadline that has passed;
    /// with {AttestationNamed} where another delivery of the sender names the attestation.
    function lock(
        bytes32 deliveryId,
        address payable carrier,
        bytes32 logId,
        bytes32 payloadHash,
        uint64 deadline
    ) external payable {
        Delivery storage delivery = _deliveries[deliveryId];
        if (
            delivery.state != State.Unknown ||
            carrier == address(0) ||
            msg.value == 0 ||
            msg.value > type(uint96).max ||
            deadline <= block.timestamp
        ) revert TermsInvalid(deliveryId);
        if (_named[msg.sender][logId][payloadHash]) revert AttestationNamed(logId, payloadHash);
        _named[msg.sender][logId][payloadHash] = true;
        delivery.shipper = payable(msg.sender);
        delivery.carrier = carrier;
        delivery.amountWei = uint96(msg.value);
        delivery.deadline = deadline;
        delivery.state = State.Locked;
        delivery.logId = logId;
        delivery.payloadHash = payloadHash;
        emit Locked(deliveryId, msg.sender, carrier, uint96(msg.value));
    }

    /// @notice Pays the carrier on the proof that the agreed attestation is in the log. Anybody may call it.
    /// @param entry the 56 bytes of the log entry
    /// @param proof RFC 9162 section 2.1.3.1, in the tree of the size that AnchorLog has as the log's head
    function claim(
        bytes32 deliveryId,
        bytes calldata entry,
        uint64 index,
        bytes32[] calldata proof
    ) external {
        Delivery storage delivery = _locked(deliveryId);
        if (block.timestamp > delivery.deadline) revert DeadlinePassed(deliveryId, delivery.deadline);
        if (
            entry.length != ENTRY_LENGTH ||
            bytes32(entry[PAYLOAD_HASH_AT:ENTRY_LENGTH]) != delivery.payloadHash
        ) revert EntryInvalid(deliveryId);
        bytes32 logId = delivery.logId;
        bytes32 leafHash = sha256(abi.encodePacked(bytes1(0x00), entry));
        if (!anchorLog.verifyInclusion(logId, leafHash, index, proof)) revert NotIncluded(deliveryId);
        delivery.state = State.Paid;
        emit Paid(deliveryId, logId, index);
        _pay(delivery.carrier, delivery.amountWei);
    }

    /// @notice Gives the money back to the shipper when the deadline has passed without evidence. Anybody may call it.
    function refund(bytes32 deliveryId) external {
        Delivery storage delivery = _locked(deliveryId);
        if (block.timestamp <= delivery.deadline) revert DeadlineNotReached(deliveryId, delivery.deadline);
        delivery.state = State.Refunded;
        delete _named[delivery.shipper][delivery.logId][delivery.payloadHash];
        emit Refunded(deliveryId);
        _pay(delivery.shipper, delivery.amountWei);
    }

    function deliveryOf(bytes32 deliveryId) external view returns (Delivery memory) {
        return _deliveries[deliveryId];
    }

    function _locked(bytes32 deliveryId) private view returns (Delivery storage delivery) {
        delivery = _deliveries[deliveryId];
        if (delivery.state != State.Locked) revert NotLocked(deliveryId, delivery.state);
    }

    /// @dev Last of all: whoever is paid may call back, and finds the delivery settled.
    function _pay(address payable payee, uint256 amountWei) private {
        (bool taken, ) = payee.call{value: amountWei}("");
        if (!taken) revert PaymentRefused(payee);
    }
}
