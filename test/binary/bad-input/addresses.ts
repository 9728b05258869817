import { cidrRule, config, invalid, ipam, type Row } from './row.ts';

const withIpam = (different: object) => config({ ipam: { ...ipam, ...different } });
const withAddresses = (...addresses: readonly object[]) => withIpam({ addresses });
const withRoutes = (...routes: readonly object[]) => withIpam({ routes });

/** Addresses, gateways and routes that no host can have. */
export const addressRows: readonly Row[] = [
  [
    'an address without prefix',
    withAddresses({ address: '10.20.1.11' }),
    7,
    invalid(`ipam.addresses[0].address: "10.20.1.11": ${cidrRule}`),
  ],
  [
    'an address without prefix in args.cni.ips',
    config({ args: { cni: { ips: ['10.20.1.11'] } } }),
    7,
    invalid(`args.cni.ips[0]: "10.20.1.11": ${cidrRule}`),
  ],
  [
    'an address without prefix in runtimeConfig.ips',
    config({ runtimeConfig: { ips: ['10.20.1.11'] } }),
    7,
    invalid(`runtimeConfig.ips[0]: "10.20.1.11": ${cidrRule}`),
  ],
  [
    'an octet with a leading zero',
    withAddresses({ address: '010.20.1.11/24' }),
    7,
    invalid(`ipam.addresses[0].address: "010.20.1.11/24": ${cidrRule}`),
  ],
  [
    'null among the addresses',
    withAddresses(null as unknown as object),
    7,
    invalid('ipam.addresses[0]: null: must be an object'),
  ],
  [
    'an address given twice',
    withAddresses({ address: '10.20.1.11/24' }, { address: '10.20.1.11/24' }),
    7,
    invalid('ipam.addresses[1].address: "10.20.1.11": is given more than once'),
  ],
  [
    'an address given by the configuration and by IP=',
    { ...config({}), args: 'IP=10.20.1.11/24' },
    7,
    invalid('CNI_ARGS.IP: "10.20.1.11": is given more than once'),
  ],
  [
    'a gateway outside of the subnet',
    withAddresses({ address: '10.20.1.11/24', gateway: '10.20.2.1' }),
    7,
    invalid('ipam.addresses[0].gateway: "10.20.2.1": is outside of the subnet of "10.20.1.11/24"'),
  ],
  [
    'a gateway of the other family',
    withAddresses({ address: '10.20.1.11/24', gateway: 'fd00::1' }),
    7,
    invalid('ipam.addresses[0].gateway: "fd00::1": is of another family than its address "10.20.1.11/24"'),
  ],
  [
    'the own address as gateway',
    withAddresses({ address: '10.20.1.11/24', gateway: '10.20.1.11' }),
    7,
    invalid('ipam.addresses[0].gateway: "10.20.1.11": is the address of the container itself'),
  ],
  [
    'a gateway that is no address',
    withAddresses({ address: '10.20.1.11/24', gateway: 'router' }),
    7,
    invalid('ipam.addresses[0].gateway: "router": must be an IP address, or empty'),
  ],
  [
    'a network address',
    withAddresses({ address: '10.20.1.0/24' }),
    7,
    invalid('ipam.addresses[0].address: "10.20.1.0/24": is the address of its network, not of a host'),
  ],
  [
    'a broadcast address',
    withAddresses({ address: '10.20.1.255/24' }),
    7,
    invalid('ipam.addresses[0].address: "10.20.1.255/24": is the broadcast address of its subnet'),
  ],
  [
    'an IPv4 multicast address',
    withAddresses({ address: '224.0.0.9/24' }),
    7,
    invalid('ipam.addresses[0].address: "224.0.0.9/24": is a multicast or reserved address'),
  ],
  [
    'an IPv6 multicast address',
    withAddresses({ address: 'ff02::9/64' }),
    7,
    invalid('ipam.addresses[0].address: "ff02::9/64": is a multicast address'),
  ],
  [
    'the unspecified address',
    withAddresses({ address: '0.0.0.0/0' }),
    7,
    invalid('ipam.addresses[0].address: "0.0.0.0/0": is the unspecified address'),
  ],
  [
    'an IPv4 route with host bits',
    withRoutes({ dst: '10.30.0.5/16' }),
    7,
    invalid('ipam.routes[0].dst: "10.30.0.5/16": has host bits; the network is "10.30.0.0/16"'),
  ],
  [
    'a route given twice',
    withRoutes({ dst: '10.30.0.0/16', gw: '10.20.1.1' }, { dst: '10.30.0.0/16', gw: '10.20.1.1' }),
    7,
    invalid('ipam.routes[1]: "10.30.0.0/16 via 10.20.1.1": is given more than once'),
  ],
  [
    'a route by a next hop of the other family',
    withRoutes({ dst: '10.30.0.0/16', gw: 'fd00::1' }),
    7,
    invalid('ipam.routes[0].gw: "fd00::1": must be an IPv4 address, as dst is'),
  ],
  ['a route without a destination', withRoutes({}), 7, invalid(`ipam.routes[0].dst: missing: ${cidrRule}`)],
  [
    'static without any address',
    withIpam({ addresses: [] }),
    7,
    invalid(
      'ipam: no address: neither ipam.addresses nor args.cni.ips, runtimeConfig.ips or IP= in CNI_ARGS gives one',
    ),
  ],
  [
    'ipam for a link that stays down',
    config({ disableContainerInterface: true }),
    7,
    invalid('disableContainerInterface: true: cannot go with ipam: a link that is down has no addresses'),
  ],
];
