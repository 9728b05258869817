const multusArgs =
  'IgnoreUnknown=true;K8S_POD_NAMESPACE=n;K8S_POD_NAME=p;K8S_POD_NAMESPACE=n;MAC=02:00:00:00:00:02;IP=10.20.1.11/24';

/** The configurations of test/fixtures/netconf/valid: CNI_ARGS, and the difference from the defaults. */
export const validFiles = {
  'by-hand.json': [
    '',
    {
      bridge: 'test-bridge',
      ipam: { ips: [['192.168.0.42/24', undefined]], routes: [], dns: {} },
    },
  ],
  'every-key.json': [
    '',
    {
      bridge: 'vlanbr0',
      vlan: 100,
      vlanTrunk: [
        { first: 200, last: 200 },
        { first: 300, last: 310 },
      ],
      preserveDefaultVlan: true,
      vlanFiltering: 'enable',
      uplink: {
        link: 'trunk0',
        vids: [
          { first: 100, last: 100 },
          { first: 200, last: 210 },
          { first: 300, last: 310 },
        ],
      },
      mtu: 9000,
      mac: '02:00:00:00:00:01',
      isGateway: true,
      isDefaultGateway: true,
      forceAddress: true,
      ipMasq: true,
      ipMasqBackend: 'nftables',
      hairpinMode: true,
      portIsolation: true,
      macspoofchk: true,
      enabledad: true,
      dns: {
        nameservers: ['10.20.1.1'],
        domain: 'example.com',
        search: ['example.com'],
        options: ['ndots:2'],
      },
      ipam: {
        ips: [
          ['10.20.1.11/24', '10.20.1.1'],
          ['fd00:20:1::11/64', 'fd00:20:1::1'],
        ],
        routes: [
          { dst: '0.0.0.0/0' },
          {
            dst: '10.30.0.0/16',
            gw: '10.20.1.2',
            mtu: 1400,
            advmss: 1360,
            priority: 50,
            table: 100,
            scope: 0,
          },
          { dst: '::/0', gw: 'fd00:20:1::1' },
        ],
        dns: { nameservers: ['10.20.1.9'] },
      },
    },
  ],
  'keys-in-any-case.json': [
    '',
    {
      bridge: 'vlanbr0',
      vlan: 100,
      vlanTrunk: [
        { first: 200, last: 200 },
        { first: 300, last: 310 },
      ],
      preserveDefaultVlan: true,
      vlanFiltering: 'enable',
      uplink: { link: 'trunk0', vids: [{ first: 1, last: 4094 }] },
      mtu: 1400,
      mac: '02:00:00:00:00:01',
      isGateway: true,
      ipMasqBackend: 'iptables',
      promiscMode: true,
      dns: { nameservers: ['10.20.1.1'] },
      ipam: { ips: [['10.20.1.11/24', '10.20.1.1']], routes: [], dns: {} },
    },
  ],
  'layer-2-trunk.json': ['', { bridge: 'vlanbr0', vlanTrunk: [{ first: 1, last: 4094 }] }],
  'multus-address-from-cni-args.json': [
    multusArgs,
    {
      bridge: 'vlanbr0',
      vlan: 2001,
      mac: '02:00:00:00:00:02',
      ipam: { ips: [['10.20.1.11/24', undefined]], routes: [], dns: {} },
    },
  ],
  'nulls-are-absent.json': ['', {}],
  'reference-keys-switched-off.json': ['', {}],
  'reference-keys-switched-on.json': [
    '',
    {
      bridge: 'mynet0',
      isGateway: true,
      isDefaultGateway: true,
      forceAddress: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: 'unknown',
    },
  ],
} as const;
