import type { Answer } from './match-findings.ts';

/** What Slither finds and what is said to it. `docs/contracts.md` shows the lines; a test compares them. */
export const answered: Answer[] = [
  {
    check: 'assembly',
    where: 'Rfc6962.nodeHash',
    at: [''],
    says: 'SHA-256 by its precompile, 65 bytes past the free-memory pointer; a third less gas, fuzzed against `abi.encodePacked`',
  },
  {
    check: 'assembly',
    where: 'Rfc6962.nodeHashes',
    at: [''],
    says: 'the same, with the half that both inputs share written once',
  },
  {
    check: 'assembly',
    where: 'Rfc6962.wordAt',
    at: [''],
    says: 'a bounds check that the loop around it has made',
  },
  {
    check: 'calls-loop',
    where: 'DeviceRegistry._bind',
    at: ['owner = anchorLog.logOf(subject).organisation'],
    says: 'the call is a view of the AnchorLog that the registry was deployed with; the registrar chooses how many keys',
  },
  {
    check: 'calls-loop',
    where: 'DeviceRegistry._cut',
    at: ['(anchoredSize,None,None) = anchorLog.head(logId)'],
    says: 'as above; the registrar chooses how many cuts',
  },
  {
    check: 'incorrect-equality',
    where: 'DeviceRegistry._bind',
    at: ['kind == SubjectKind.Log'],
    says: 'an enum, of which this is one value',
  },
  {
    check: 'incorrect-equality',
    where: 'DeviceRegistry._enrol',
    at: ['subject == 0'],
    says: 'a subject is a hash; zero is refused, nothing is counted by it',
  },
  {
    check: 'low-level-calls',
    where: 'ColdChainEscrow._pay',
    at: ['(taken,None) = payee.call{value: amountWei}()'],
    says: 'how money is sent; the answer is checked, and it is the last thing that happens',
  },
  {
    check: 'naming-convention',
    where: 'IAnchorLog.RELEASE',
    at: [],
    says: 'a constant of the contract, named as constants are',
  },
  {
    check: 'naming-convention',
    where: 'IDeviceRegistry.RELEASE',
    at: [],
    says: 'a constant of the contract, named as constants are',
  },
  {
    check: 'reentrancy-benign',
    where: 'DeviceRegistry.revoke',
    at: [
      'key.revocationMark = anchorLog.mark()',
      'key.revocationMark = anchorLog.mark()',
      '_cut(publicKey,cuts[i].logId,cuts[i].fromIndex)',
      '_cuts[publicKey][logId] = fromIndex + 1',
    ],
    says: 'AnchorLog is fixed at deployment, and `mark` calls nobody',
  },
  {
    check: 'reentrancy-events',
    where: 'DeviceRegistry.revoke',
    at: [
      'key.revocationMark = anchorLog.mark()',
      'KeyCut(publicKey,logId,fromIndex)',
      '_cut(publicKey,cuts[i].logId,cuts[i].fromIndex)',
      'KeyRevoked(key.kind,key.subject,publicKey,key.revocationMark)',
    ],
    says: 'as above: the event carries the mark that the call gives',
  },
  {
    check: 'timestamp',
    where: 'ColdChainEscrow.claim',
    at: ['block.timestamp > delivery.deadline'],
    says: 'a deadline of hours; a validator can shift a block by seconds',
  },
  {
    check: 'timestamp',
    where: 'ColdChainEscrow.lock',
    at: [
      'delivery.state != State.Unknown || carrier == address(0) || msg.value == 0 || msg.value > type()(uint96).max || ' +
        'deadline <= block.timestamp',
    ],
    says: 'as above',
  },
  {
    check: 'timestamp',
    where: 'ColdChainEscrow.refund',
    at: ['block.timestamp <= delivery.deadline'],
    says: 'as above',
  },
  {
    check: 'uninitialized-state',
    where: 'DeviceRegistry._publicKeys',
    at: ['keyOf', 'keyCount', '_enrol'],
    says: 'not so: `_enrol` pushes to it, through a storage reference',
  },
  {
    check: 'unused-return',
    where: 'DeviceRegistry._cut',
    at: ['(anchoredSize,None,None) = anchorLog.head(logId)'],
    says: 'of a head only the size is wanted',
  },
  {
    check: 'unused-state',
    where: 'ColdChainEscrow.PAYLOAD_HASH_AT',
    at: ['ColdChainEscrow'],
    says: 'not so: `claim` slices the entry with it',
  },
];
