import {
  addresses,
  BRIDGE,
  dual,
  EXISTING,
  effect,
  four,
  GATEWAY,
  gateways,
  KEPT,
  MAC,
  NO_DAD,
  OTHER_MAC,
  PLAIN,
  type Row,
  six,
  V4,
  V6,
  without,
} from './row.ts';

/** Configurations whose keys change the kernel. */
export const effectRows: readonly Row[] = [
  effect(
    'ipam.routes with attributes',
    {
      ipam: {
        ...four,
        routes: [{ dst: '10.9.0.0/16', gw: '10.1.0.7', priority: 5, table: 100, mtu: 1400, advmss: 1300 }],
      },
    },
    [...PLAIN, 'route attributes'],
  ),
  effect(
    'host-local, several subnets',
    {
      ipam: {
        type: 'host-local',
        dataDir: '$DATA',
        ranges: [
          [{ subnet: '10.1.0.0/24' }],
          [{ subnet: 'fd00:1::/64', rangeStart: 'fd00:1::50', gateway: 'fd00:1::9' }],
        ],
        routes: [{ dst: '10.9.0.0/16', gw: '10.1.0.1' }],
      },
    },
    [...PLAIN, KEPT],
  ),
  effect('CNI_ARGS IP, GATEWAY', { ipam: { type: 'static' } }, [...PLAIN, KEPT], {
    args: `IgnoreUnknown=1;IP=${V4},${V6};GATEWAY=10.1.0.1;K8S_POD_NAME=x`,
  }),
  effect(
    'ipam.routes without gw',
    { ipam: { type: 'static', addresses: gateways, routes: [{ dst: '10.9.0.0/16' }] } },
    [...PLAIN, KEPT, 'CHECK of an implicit gateway'],
  ),
  effect('args.cni.ips', { args: { cni: { ips: [V4] } }, ipam: six }, PLAIN),
  effect(
    'runtimeConfig.ips',
    { runtimeConfig: { ips: [V4] }, args: { cni: { ips: [V6] } }, ipam: six },
    PLAIN,
  ),
  effect('a /32', { ipam: { type: 'static', addresses: addresses('10.1.0.5/32') } }, [
    ...PLAIN,
    'CHECK of a /32',
  ]),
  effect('isGateway', { isGateway: true, ipam: dual }, [...GATEWAY, KEPT, NO_DAD], {
    ping: ['10.1.0.1', 'fd00:1::1'],
  }),
  effect(
    'isGateway, gateway of IPAM',
    { isGateway: true, ipam: { type: 'static', addresses: [{ address: V4, gateway: '10.1.0.9' }] } },
    GATEWAY,
    { ping: ['10.1.0.9'] },
  ),
  effect(
    'isGateway, several subnets of IPv6',
    { isGateway: true, ipam: { type: 'static', addresses: addresses(V6, 'fd00:2::5/48') } },
    [...GATEWAY, KEPT, NO_DAD],
    { ping: ['fd00:1::1', 'fd00:2::1'] },
  ),
  effect(
    'isGateway, several subnets of IPv4',
    { isGateway: true, ipam: { type: 'static', addresses: addresses(V4, '10.2.0.5/24') } },
    ['subnets side by side'],
  ),
  effect(
    'isDefaultGateway, default route by IPAM',
    { isDefaultGateway: true, ipam: { ...four, routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.7' }] } },
    GATEWAY,
  ),
  effect(
    'isDefaultGateway, default route without gw',
    { isDefaultGateway: true, ipam: { ...four, routes: [{ dst: '0.0.0.0/0' }] } },
    ['default route without gw'],
  ),
  effect(
    'isGateway, another address on the bridge',
    { isGateway: true, ipam: four },
    ['conflict in words', 'nothing left of a refusal', 'bridge of others untouched', 'MAC pinned too early'],
    { node: [BRIDGE, 'address add 10.1.0.254/24 dev cni0'] },
  ),
  effect('forceAddress', { isGateway: true, forceAddress: true, ipam: four }, EXISTING, {
    node: [BRIDGE, 'address add 10.1.0.254/24 dev cni0'],
  }),
  effect(
    'forceAddress, another subnet',
    { isGateway: true, forceAddress: true, ipam: four },
    [...EXISTING, 'addresses of others spared'],
    { node: [BRIDGE, 'address add 10.7.0.254/24 dev cni0'] },
  ),
  effect('ipMasq', { ipMasq: true, ipam: dual }, [...PLAIN, KEPT, 'nftables by default']),
  effect('ipMasq, iptables', { ipMasq: true, ipMasqBackend: 'iptables', ipam: dual }, [
    ...PLAIN,
    KEPT,
    'rules without comment',
  ]),
  effect('hairpinMode', { hairpinMode: true, ipam: four }, PLAIN),
  effect('promiscMode', { promiscMode: true, ipam: four }, PLAIN),
  effect('hairpinMode and promiscMode', { hairpinMode: true, promiscMode: true, ipam: four }, [
    'hairpin or promiscuous',
  ]),
  effect('existing bridge', { ipam: dual, mtu: 1500 }, [...EXISTING, KEPT], {
    node: [`${BRIDGE} stp_state 0 ageing_time 5000`],
  }),
  effect('args.cni.mac', { args: { cni: { mac: MAC } }, ipam: four }, without(PLAIN, 'MAC at creation, pod')),
  effect(
    'runtimeConfig.mac',
    { runtimeConfig: { mac: MAC }, args: { cni: { mac: OTHER_MAC } }, ipam: four },
    without(PLAIN, 'MAC at creation, pod'),
    { args: `MAC=${OTHER_MAC};IgnoreUnknown=true` },
  ),
  effect('CNI_ARGS MAC', { ipam: four }, without(PLAIN, 'MAC at creation, pod'), {
    args: `MAC=${MAC};IgnoreUnknown=true`,
  }),
  effect('CNI_ARGS MAC without IgnoreUnknown', { ipam: four }, ['MAC= without IgnoreUnknown'], {
    args: 'MAC=02:00:00:00:00:03',
  }),
  effect(
    'keys in any case, unknown keys, null',
    {
      HAIRPINMODE: true,
      vlan: null,
      mtu: null,
      dns: null,
      args: null,
      nobody: { knows: 1 },
      Ipam: { TYPE: 'static', Addresses: addresses(V4) },
    },
    PLAIN,
  ),
  effect('macspoofchk', { macspoofchk: true, ipam: four }, [...PLAIN, 'spoof filter in the bridge']),
  effect('enabledad', { enabledad: true, ipam: six }, [...PLAIN, KEPT]),
  effect('portIsolation', { portIsolation: true, ipam: four }, [...PLAIN, 'portIsolation']),
  effect('disableContainerInterface', { disableContainerInterface: true }, [
    ...PLAIN,
    'disableContainerInterface',
    'CHECK of layer 2',
  ]),
  effect('an address without prefix length', { ipam: { type: 'static', addresses: addresses('10.1.0.5') } }, [
    'no prefix length',
    'nothing left of a refusal',
    'no bridge left of a refusal',
  ]),
];
