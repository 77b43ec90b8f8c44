// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLog} from "../anchor-log/AnchorLog.sol";
import {DeviceRegistry} from "./DeviceRegistry.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";

/// @notice Many keys at once, and what no key or subject may be. The test contract is registrar of one organisation.
contract DeviceRegistryTest {
    bytes32 private constant ORGANISATION = keccak256("an organisation");
    bytes32 private constant OTHER = keccak256("another organisation");

    AnchorLog private anchorLog;
    DeviceRegistry private registry;

    function setUp() public {
        anchorLog = new AnchorLog(address(this), 0);
        registry = new DeviceRegistry(anchorLog);
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 organisation = i == 0 ? ORGANISATION : OTHER;
            anchorLog.admitOrganisation(organisation, address(this));
        }
        anchorLog.grantRole(anchorLog.registrarRole(ORGANISATION), address(this));
        anchorLog.grantRole(anchorLog.MARKER_ROLE(), address(registry));
    }

    function testFuzz_EnrolsManyOrNone(bytes32 seed, uint8 count, uint8 faulty) public {
        count = 1 + (count % 12);
        bool isFaulty = faulty % 16 < count;
        IDeviceRegistry.Enrolment[] memory many = new IDeviceRegistry.Enrolment[](count);
        for (uint256 i = 0; i < count; ++i) {
            // Two keys a subject.
            bytes32 subject = keccak256(abi.encode(seed, i / 2));
            uint32 number = uint32(1 + (i % 2));
            bytes32 key = isFaulty && i == faulty % 16 ? bytes32(0) : keccak256(abi.encode(seed, "key", i));
            many[i] = IDeviceRegistry.Enrolment(IDeviceRegistry.SubjectKind.Device, subject, number, key);
        }
        bytes memory data = abi.encodeCall(IDeviceRegistry.enrolMany, (ORGANISATION, many));
        if (isFaulty) {
            requireRefused(data, abi.encodeWithSelector(IDeviceRegistry.KeyInvalid.selector, bytes32(0)));
        } else {
            registry.enrolMany(ORGANISATION, many);
        }
        for (uint256 i = 0; i < count; ++i) {
            bytes32 found = registry.keyOf(many[i].subject, many[i].keyNumber).publicKey;
            require(found == (isFaulty ? bytes32(0) : many[i].publicKey));
            require(registry.organisationOf(many[i].subject) == (isFaulty ? bytes32(0) : ORGANISATION));
        }
    }

    function testFuzz_ASubjectKeepsItsKind(bytes32 subject, uint8 a, uint8 b) public {
        IDeviceRegistry.SubjectKind kind = IDeviceRegistry.SubjectKind(a % 3);
        IDeviceRegistry.SubjectKind other = IDeviceRegistry.SubjectKind(b % 3);
        bytes memory first = enrolment(ORGANISATION, kind, subject, 1);
        requireRefused(
            enrolment(ORGANISATION, kind, 0, 1),
            abi.encodeWithSelector(IDeviceRegistry.SubjectInvalid.selector)
        );
        if (subject == 0) return;
        (bool taken, ) = address(registry).call(first);
        require(taken);
        bytes memory second = enrolment(ORGANISATION, other, subject, 2);
        bytes memory conflict = abi.encodeWithSelector(
            IDeviceRegistry.SubjectKindConflict.selector,
            subject,
            kind
        );
        if (kind != other) requireRefused(second, conflict);
        else (taken, ) = address(registry).call(second);
        require(taken);
    }

    /// @dev Here by an account that rules over both organisations, and over all else that there is.
    function testFuzz_IsForARegistrarOfTheOrganisation(bytes32 subject, bytes32 organisation) public {
        if (organisation == ORGANISATION || subject == 0) return;
        bytes32[2] memory others = [OTHER, organisation];
        for (uint256 i = 0; i < others.length; ++i) {
            requireRefused(
                enrolment(others[i], IDeviceRegistry.SubjectKind.Device, subject, 1),
                abi.encodeWithSelector(IDeviceRegistry.NotRegistrar.selector, address(this), others[i])
            );
        }
        anchorLog.grantRole(anchorLog.registrarRole(OTHER), address(this));
        registry.enrol(OTHER, IDeviceRegistry.SubjectKind.Device, subject, 1, keccak256("a key"));
        requireRefused(
            enrolment(ORGANISATION, IDeviceRegistry.SubjectKind.Device, subject, 2),
            abi.encodeWithSelector(IDeviceRegistry.SubjectOfOtherOrganisation.selector, subject, OTHER)
        );
    }

    function testFuzz_ACutGoesBackOnlyAndNotBeyondTheHead(uint64 size, uint64 first, uint64 second) public {
        bytes32 log = keccak256("a log");
        bytes32 key = keccak256("a key");
        anchorLog.openLog(log, ORGANISATION, address(this));
        size = 1 + (size % 1000);
        anchorLog.append(log, size, keccak256("a root"), new bytes32[](0), new bytes(64));
        registry.enrol(ORGANISATION, IDeviceRegistry.SubjectKind.Log, log, 1, key);
        first %= size + 1;
        second %= size + 1;

        requireRefused(
            cutAt(key, log, size + 1),
            abi.encodeWithSelector(IDeviceRegistry.CutBeyondHead.selector, key, log, size + 1, size)
        );
        (bool taken, ) = address(registry).call(cutAt(key, log, first));
        require(taken);
        requireRefused(
            cutAt(key, log, first),
            abi.encodeWithSelector(IDeviceRegistry.CutNotEarlier.selector, key, log, first, first)
        );
        (taken, ) = address(registry).call(cutAt(key, log, second));
        require(taken == (second < first));
    }

    function cutAt(bytes32 key, bytes32 log, uint64 fromIndex) private pure returns (bytes memory) {
        IDeviceRegistry.Cut[] memory cuts = new IDeviceRegistry.Cut[](1);
        cuts[0] = IDeviceRegistry.Cut(log, fromIndex);
        return abi.encodeCall(IDeviceRegistry.revoke, (key, cuts));
    }

    function enrolment(
        bytes32 organisation,
        IDeviceRegistry.SubjectKind kind,
        bytes32 subject,
        uint32 number
    ) private pure returns (bytes memory) {
        bytes32 key = keccak256(abi.encode(subject, number));
        return abi.encodeCall(IDeviceRegistry.enrol, (organisation, kind, subject, number, key));
    }

    function requireRefused(bytes memory data, bytes memory reason) private {
        (bool taken, bytes memory answer) = address(registry).call(data);
        require(!taken && keccak256(answer) == keccak256(reason));
    }
}
