import { before, change, type Difference, onlyOurs, onlyTheirs, since } from './difference.ts';

const bridge = (name: string): string => `host link cni0: linkinfo.info_data.${name}`;
const port = (name: string): string => `host link PORT: linkinfo.info_slave_data.${name}`;
const bridgeSettings = [change(bridge('forward_delay'), 1500, 0), change(bridge('mcast_snooping'), 1, 0)];
const noDefaultVlan = [change(bridge('vlan_default_pvid'), 1, 0), onlyTheirs('host VLAN 1 of cni0')];

const gatewayPort = [
  change('host link PORT-OF-cni0.100: ifalias', undefined, 'vlan-bridge: port of gateway cni0.100'),
  change('host link PORT-OF-cni0.100: txqlen', undefined, 1000),
  change('host link cni0.100: txqlen', undefined, 1000),
  change('host MAC of PORT-OF-cni0.100: addr_assign_type', '1', '3'),
  onlyTheirs('host VLAN 1 of PORT-OF-cni0.100'),
];

/** Intended differences of the effects and answers of ADD, by name. */
export const differences = {
  'owner in alias': {
    reason: 'The port says whose it is (W38).',
    shows: {
      state: [
        change('host link PORT: ifalias', undefined, 'vlan-bridge: net1 of container POD, network blue'),
      ],
    },
  },
  'MAC at creation': {
    reason: 'The link-layer address of the port is given at creation, so that udev leaves it alone.',
    shows: { state: [change('host MAC of PORT: addr_assign_type', '1', '3')] },
  },
  'MAC at creation, pod': {
    reason: 'The link-layer address of the pod is given at creation, so that udev leaves it alone.',
    shows: { state: [change('pod MAC of net1: addr_assign_type', '1', '3')] },
  },
  'mtu in result': {
    reason: 'The result has the MTU of the pod (W47).',
    shows: since('1.0.0', change('result: interfaces[2].mtu', undefined, 1500)),
  },
  'chosen mtu in result': {
    reason: 'The result has the MTU of the pod (W47).',
    shows: since('1.0.0', change('result: interfaces[2].mtu', undefined, 1400)),
  },
  'bridge settings': {
    reason: 'Bridges that are created have no forward delay and no multicast snooping.',
    shows: { state: bridgeSettings, DEL: bridgeSettings },
  },
  'no default VLAN': {
    reason: 'Bridges that are created have no default VLAN.',
    needsVlanFiltering: true,
    shows: { state: [...noDefaultVlan, onlyTheirs('host VLAN 1 of PORT')], DEL: noDefaultVlan },
  },
  'no default VLAN, VLAN': {
    reason: 'Bridges that are created have no default VLAN.',
    shows: { state: noDefaultVlan, DEL: noDefaultVlan },
  },
  'bridge MAC pinned': {
    reason:
      'Bridges that are created keep their link-layer address; else it is that of a port, and gone with it (W12).',
    shows: {
      ...since('0.3.0', change('result: interfaces[0].mac', 'MAC of PORT', 'MAC of cni0')),
      state: [
        change('host link cni0: address', 'MAC of PORT', 'MAC of cni0'),
        change('host MAC of cni0: addr_assign_type', '1', '3'),
      ],
      DEL: [
        change('host link cni0: address', '00:00:00:00:00:00', 'MAC of cni0'),
        change('host MAC of cni0: addr_assign_type', '1', '3'),
      ],
    },
  },
  'bridge of others untouched': {
    reason: 'A bridge that was there keeps its settings; the reference has it ignore router advertisements.',
    shows: {
      state: [change('host sysctl net/ipv6/conf/cni0: accept_ra', '0', '1')],
      DEL: [change('host sysctl net/ipv6/conf/cni0: accept_ra', '0', '1')],
    },
  },
  'gw in default route': {
    reason:
      'A default route in the result always has its gw; without it Multus shows the gateway as "<nil>".',
    shows: {
      ...before('0.3.0', change('result: ip4.routes[0].gw', undefined, '10.1.0.1')),
      ...since('0.3.0', change('result: routes[0].gw', undefined, '10.1.0.1')),
    },
  },
  'addresses of others spared': {
    reason:
      'forceAddress takes away addresses of the same subnet alone, not those of an administrator (W39).',
    shows: {
      state: [
        onlyOurs('host address 10.7.0.254/24 of cni0'),
        onlyOurs('host route * dev cni0 table * metric 0'),
      ],
      DEL: [
        onlyOurs('host address 10.7.0.254/24 of cni0'),
        onlyOurs('host route * dev cni0 table * metric 0'),
      ],
    },
  },
  'rules without comment': {
    reason: 'Rules of iptables have no comment; the chain has the name of the attachment (W21).',
    shows: { state: [change('host nft rule *: comment', true, undefined)] },
  },
  'nftables by default': {
    reason:
      'Masquerade is by nftables where the host has it, in a table of its own; 1.1.1 knows iptables alone.',
    shows: {
      state: [
        onlyTheirs('host nft * ip nat*'),
        onlyTheirs('host nft * ip6 nat*'),
        onlyOurs('host nft table inet vlan_bridge'),
        onlyOurs('host nft chain inet vlan_bridge postrouting'),
        onlyOurs('host nft rule inet vlan_bridge postrouting *'),
      ],
      DEL: [
        onlyTheirs('host nft * ip nat*'),
        onlyTheirs('host nft * ip6 nat*'),
        onlyOurs('host nft table inet vlan_bridge'),
        onlyOurs('host nft chain inet vlan_bridge postrouting'),
      ],
    },
  },
  'spoof filter in the bridge': {
    reason: 'macspoofchk is done by the bridge, which leaves no rules behind, and not by nft (W31).',
    shows: {
      state: [
        change(port('learning'), true, false),
        change(port('locked'), false, true),
        onlyTheirs('host nft table bridge nat'),
        onlyTheirs('host nft chain bridge nat PREROUTING'),
        onlyTheirs('host nft chain bridge nat cni-br-iface-POD-net1*'),
        onlyTheirs('host nft rule bridge nat *'),
        onlyOurs('host FDB entry MAC of net1 of PORT VLAN *'),
      ],
      DEL: [onlyTheirs('host nft table bridge nat'), onlyTheirs('host nft chain bridge nat PREROUTING')],
    },
  },
  'gateway at once': {
    reason:
      'Gateway addresses of IPv6 are not probed for, so that the pod can use its gateway when ADD returns (W27).',
    shows: {
      state: [change('host address fd00:*: nodad', undefined, true)],
      DEL: [change('host address fd00:*: nodad', undefined, true)],
    },
  },
  'VLAN gateway ignores router advertisements': {
    reason: 'A pod must not configure the host by way of the gateway link (W10).',
    shows: {
      state: [change('host sysctl net/ipv6/conf/cni0.100: accept_ra', '1', '0')],
      DEL: [change('host sysctl net/ipv6/conf/cni0.100: accept_ra', '1', '0')],
    },
  },
  'VLAN gateway made by one request': {
    reason:
      'Both ends of the gateway link are made with their addresses, the port says whose it is, and is on its VLAN alone.',
    shows: { state: gatewayPort, DEL: gatewayPort },
  },
} as const satisfies Readonly<Record<string, Difference>>;
