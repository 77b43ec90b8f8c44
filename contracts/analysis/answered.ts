/** What Slither finds and what is said to it, by check and place: `docs/contracts.md` shows these lines. */
export const answered: Record<string, string> = {
  'assembly Rfc6962.nodeHash':
    'SHA-256 by its precompile, 65 bytes past the free-memory pointer; a third less gas, fuzzed against `abi.encodePacked`',
  'assembly Rfc6962.nodeHashes': 'the same, with the half that both inputs share written once',
  'assembly Rfc6962.wordAt': 'a bounds check that the loop around it has made',
  'calls-loop DeviceRegistry._cut':
    'the call is a view of the AnchorLog that the registry was deployed with; the registrar chooses how many cuts',
  'incorrect-equality DeviceRegistry._enrol':
    'a subject is a hash; zero is refused, nothing is counted by it',
  'low-level-calls ColdChainEscrow._pay':
    'how money is sent; the answer is checked, and it is the last thing that happens',
  'naming-convention IAnchorLog.RELEASE': 'a constant of the contract, named as constants are',
  'naming-convention IDeviceRegistry.RELEASE': 'a constant of the contract, named as constants are',
  'reentrancy-benign DeviceRegistry.revoke': 'AnchorLog is fixed at deployment, and `mark` calls nobody',
  'reentrancy-events DeviceRegistry.revoke': 'as above: the event carries the mark that the call gives',
  'timestamp ColdChainEscrow.claim': 'a deadline of hours; a validator can shift a block by seconds',
  'timestamp ColdChainEscrow.lock': 'as above',
  'timestamp ColdChainEscrow.refund': 'as above',
  'uninitialized-state DeviceRegistry._publicKeys':
    'not so: `_enrol` pushes to it, through a storage reference',
  'unused-return DeviceRegistry._cut': 'of a head only the size is wanted',
  'unused-state ColdChainEscrow.PAYLOAD_HASH_AT': 'not so: `claim` slices the entry with it',
};
