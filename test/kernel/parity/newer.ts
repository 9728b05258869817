import { change, type Difference, onlyOurs, onlyTheirs, since } from './difference.ts';

const port = (name: string): string => `host link PORT: linkinfo.info_slave_data.${name}`;

/** Differences that newer versions of the reference share, by name. */
export const newer = {
  'queue length': {
    reason:
      'Both ends have the queue length that the kernel gives; 1.1.1 sets 0, where traffic shapers drop everything.',
    shows: {
      state: [
        change('host link PORT: txqlen', undefined, 1000),
        change('pod link net1: txqlen', undefined, 1000),
      ],
    },
  },
  'no empty dns': {
    reason:
      'A result without DNS settings has no "dns" from 1.0.0 on, as in newer references; 1.1.1 has an empty one.',
    shows: since('1.0.0', change('result: dns', {}, undefined)),
  },
  'spec 1.1.0': {
    reason: 'Not in 1.1.1: its answer in 1.0.0 stands in.',
    shows: since('1.1.0', change('result: cniVersion', '1.0.0', '1.1.0')),
  },
  'addresses survive down': {
    reason: 'Not in 1.1.1: newer references set keep_addr_on_down for IPv6.',
    shows: { state: [change('pod sysctl net/ipv6/conf/net1: keep_addr_on_down', '0', '1')] },
  },
  'IPAM dns': {
    reason: 'Not in 1.1.1: newer references have the DNS settings of IPAM in the result.',
    shows: since(
      '0.1.0',
      change('result: dns', {}, undefined),
      change('result: dns.nameservers[0]', undefined, '10.1.0.53'),
      change('result: dns.domain', undefined, 'a.example'),
      change('result: dns.search[0]', undefined, 'b.example'),
      change('result: dns.options[0]', undefined, 'ndots:2'),
    ),
  },
  'route attributes': {
    reason:
      'Not in 1.1.1: routes with a metric, a table, an MTU and an MSS; newer references leave out the last two (W16).',
    shows: {
      ...since(
        '0.3.0',
        change('result: routes[0].priority', undefined, 5),
        change('result: routes[0].table', undefined, 100),
        change('result: routes[0].mtu', undefined, 1400),
        change('result: routes[0].advmss', undefined, 1300),
      ),
      state: [
        onlyTheirs('pod route unicast 10.9.0.0/16 via 10.1.0.7 dev net1 table main metric 0'),
        onlyOurs('pod route unicast 10.9.0.0/16 via 10.1.0.7 dev net1 table 100 metric 5'),
      ],
    },
  },
  portIsolation: {
    reason: 'Not in 1.1.1.',
    shows: { state: [change(port('isolated'), false, true)] },
  },
  disableContainerInterface: {
    reason: 'Not in 1.1.1.',
    shows: {
      state: [
        change('pod link net1: flags[2]', 'UP', undefined),
        change('pod link net1: qdisc', 'noqueue', 'noop'),
        change(port('state'), 'forwarding', 'disabled'),
      ],
    },
  },
  'VLAN 1 off the port': {
    reason:
      'Not in 1.1.1: newer references take the default VLAN off the port unless preserveDefaultVlan (W7).',
    shows: { state: [onlyTheirs('host VLAN 1 of PORT')] },
  },
  vlanTrunk: {
    reason: 'Not in 1.1.1.',
    shows: { state: [onlyOurs('host VLAN 200 of PORT'), onlyOurs('host VLAN 30* of PORT')] },
  },
} as const satisfies Readonly<Record<string, Difference>>;
