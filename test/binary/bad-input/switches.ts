import { config, invalid, type Row } from './row.ts';

export const switches = [
  'preserveDefaultVlan',
  'isGateway',
  'isDefaultGateway',
  'forceAddress',
  'ipMasq',
  'hairpinMode',
  'promiscMode',
  'portIsolation',
  'macspoofchk',
  'enabledad',
  'disableContainerInterface',
];

/** Switches that are not booleans, and combinations that contradict each other. */
export const switchRows: readonly Row[] = [
  ...switches.map(
    (key): Row => [
      `${key} as text`,
      config({ [key]: 'true' }),
      7,
      invalid(`${key}: "true": must be true or false`),
    ],
  ),
  [
    '"nft" as backend, even without ipMasq',
    config({ ipMasqBackend: 'nft' }),
    7,
    invalid('ipMasqBackend: "nft": must be "nftables", "iptables" or empty'),
  ],
  [
    'hairpinMode with promiscMode',
    config({ hairpinMode: true, promiscMode: true }),
    7,
    invalid('hairpinMode: true: cannot go with promiscMode: frames would come back to their sender twice'),
  ],
  [
    'a gateway link with a name of 16 bytes',
    config({ bridge: 'bridge-of-12', isGateway: true }),
    7,
    invalid(
      'bridge: "bridge-of-12": is too long a name: the gateway link of VLAN 100 would be "bridge-of-12.100", and 15 bytes are the limit',
    ),
  ],
  [
    'isGateway for the address that is the gateway itself',
    config({ isGateway: true, ipam: { type: 'static', addresses: [{ address: '10.20.1.1/24' }] } }),
    7,
    'isGateway: true: address "10.20.1.1/24" is the gateway "10.20.1.1" itself',
  ],
  [
    'isDefaultGateway for an address without a subnet',
    config({ isDefaultGateway: true, ipam: { type: 'static', addresses: [{ address: '10.20.1.11/32' }] } }),
    7,
    'isGateway: true: address "10.20.1.11/32" has no subnet to take a gateway from',
  ],
];
