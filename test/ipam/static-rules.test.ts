import { describe, expect, test } from 'vitest';
import { type Cidr, type Ip, parseCidr, parseIp } from '../../src/inet/cidr.ts';
import { addressProblems, type IpWithPath, routeProblems } from '../../src/ipam/static-rules.ts';

const cidr = (text: string) => parseCidr(text) as Cidr;
const ip = (text: string) => parseIp(text) as Ip;

/** Addresses, each with or without a gateway after a space. */
function placed(...texts: readonly string[]): readonly IpWithPath[] {
  return texts.map((text, index) => {
    const [address = '', gateway] = text.split(' ');
    return {
      cidr: cidr(address),
      path: ['ips', index],
      gateway: gateway === undefined ? undefined : { ip: ip(gateway), path: ['gateways', index] },
    };
  });
}

describe('addressProblems', () => {
  test.each([
    ['hosts of both families', ['10.0.0.2/24 10.0.0.1', 'fd00::2/64 fd00::1']],
    ['the first and the last host of a subnet', ['10.0.0.1/24', '10.0.0.254/24']],
    ['both addresses of a /31', ['10.0.0.0/31 10.0.0.1', '10.0.1.1/31 10.0.1.0']],
    ['a host address, whose gateway is outside', ['10.0.0.1/32 10.9.0.1', 'fd00::1/128 fe80::1']],
    ['the subnet-router address of IPv6', ['fd00::/64']],
    ['the last address of an IPv6 subnet', ['fd00::ffff:ffff:ffff:ffff/64']],
    ['the last unicast address', ['223.255.255.254/24']],
    ['two addresses of one subnet', ['10.0.0.2/24', '10.0.0.3/24']],
  ])('has nothing against %s', (_what, texts) => {
    expect(addressProblems(placed(...texts), [])).toEqual([]);
  });

  test.each([
    [
      'a network address',
      ['10.0.0.0/24'],
      ['ips[0]: "10.0.0.0/24": is the address of its network, not of a host'],
    ],
    [
      'a network address that does not end in 0',
      ['10.0.0.4/30'],
      ['ips[0]: "10.0.0.4/30": is the address of its network, not of a host'],
    ],
    [
      'a broadcast address',
      ['10.0.0.255/24'],
      ['ips[0]: "10.0.0.255/24": is the broadcast address of its subnet'],
    ],
    [
      'a broadcast address that does not end in 255',
      ['10.0.0.7/30'],
      ['ips[0]: "10.0.0.7/30": is the broadcast address of its subnet'],
    ],
    [
      'multicast addresses',
      ['224.0.0.1/24', 'ff02::1/64'],
      [
        'ips[0]: "224.0.0.1/24": is a multicast or reserved address',
        'ips[1]: "ff02::1/64": is a multicast address',
      ],
    ],
    [
      'a reserved address',
      ['255.255.255.255/32'],
      ['ips[0]: "255.255.255.255/32": is a multicast or reserved address'],
    ],
    [
      'unspecified addresses',
      ['0.0.0.0/0', '::/64'],
      ['ips[0]: "0.0.0.0/0": is the unspecified address', 'ips[1]: "::/64": is the unspecified address'],
    ],
    [
      'the same address twice, whatever the prefix',
      ['10.0.0.2/24', '10.0.0.2/16'],
      ['ips[1]: "10.0.0.2": is given more than once'],
    ],
    [
      'the same address three times',
      ['fd00::2/64', 'fd00::2/64', 'FD00:0::2/64'],
      ['ips[1]: "fd00::2": is given more than once', 'ips[2]: "fd00::2": is given more than once'],
    ],
    [
      'a gateway outside of the subnet',
      ['10.0.0.2/24 10.0.1.1'],
      ['gateways[0]: "10.0.1.1": is outside of the subnet of "10.0.0.2/24"'],
    ],
    [
      'a gateway of IPv6 for IPv4',
      ['10.0.0.2/24 fd00::1'],
      ['gateways[0]: "fd00::1": is of another family than its address "10.0.0.2/24"'],
    ],
    [
      'a gateway of IPv4 for a host address of IPv6',
      ['fd00::2/128 10.0.0.1'],
      ['gateways[0]: "10.0.0.1": is of another family than its address "fd00::2/128"'],
    ],
    [
      'a gateway that is the address itself',
      ['10.0.0.2/24 10.0.0.2'],
      ['gateways[0]: "10.0.0.2": is the address of the container itself'],
    ],
    [
      'everything at once',
      ['10.0.0.0/24 10.0.1.1', '10.0.0.0/24'],
      [
        'ips[0]: "10.0.0.0/24": is the address of its network, not of a host',
        'gateways[0]: "10.0.1.1": is outside of the subnet of "10.0.0.0/24"',
        'ips[1]: "10.0.0.0/24": is the address of its network, not of a host',
        'ips[1]: "10.0.0.0": is given more than once',
      ],
    ],
  ])('names %s', (_what, texts, problems) => {
    expect(addressProblems(placed(...texts), [])).toEqual(problems);
  });

  test('names each gateway of CNI_ARGS that is in the subnet of no address', () => {
    const gateways = ['10.0.0.1', '10.0.1.1', 'fd00::1'].map(ip);
    expect(addressProblems(placed('10.0.0.2/24'), gateways)).toEqual([
      'CNI_ARGS.GATEWAY: "10.0.1.1": is in the subnet of no address',
      'CNI_ARGS.GATEWAY: "fd00::1": is in the subnet of no address',
    ]);
  });
});

describe('routeProblems', () => {
  const gw = ip('10.0.0.1');
  const net = cidr('10.9.0.0/16');

  test.each([
    ['defaults of both families', [{ dst: cidr('0.0.0.0/0') }, { dst: cidr('::/0') }]],
    ['IPv6 with host bits, which the kernel masks', [{ dst: cidr('fd09::5/48') }]],
    ['a route to one host', [{ dst: cidr('10.9.0.5/32'), gw }]],
    [
      'one destination by two gateways',
      [
        { dst: net, gw },
        { dst: net, gw: ip('10.0.0.9') },
      ],
    ],
    ['one destination in two tables', [{ dst: net }, { dst: net, table: 100 }]],
    ['one destination with two metrics', [{ dst: net }, { dst: net, priority: 5 }]],
  ])('has nothing against %s', (_what, routes) => {
    expect(routeProblems(routes)).toEqual([]);
  });

  test.each([
    [
      'host bits in IPv4',
      [{ dst: cidr('10.9.0.5/16') }],
      ['ipam.routes[0].dst: "10.9.0.5/16": has host bits; the network is "10.9.0.0/16"'],
    ],
    [
      'host bits in a default',
      [{ dst: cidr('10.0.0.1/0') }],
      ['ipam.routes[0].dst: "10.0.0.1/0": has host bits; the network is "0.0.0.0/0"'],
    ],
    [
      'a gw of IPv6 for IPv4',
      [{ dst: net, gw: ip('fd00::1') }],
      ['ipam.routes[0].gw: "fd00::1": must be an IPv4 address, as dst is'],
    ],
    [
      'a gw of IPv4 for IPv6',
      [{ dst: net }, { dst: cidr('::/0'), gw }],
      ['ipam.routes[1].gw: "10.0.0.1": must be an IPv6 address, as dst is'],
    ],
    [
      'a route twice',
      [
        { dst: net, gw },
        { dst: net, gw },
      ],
      ['ipam.routes[1]: "10.9.0.0/16 via 10.0.0.1": is given more than once'],
    ],
    [
      'a route twice in table and metric',
      [
        { dst: net, table: 100, priority: 5 },
        { dst: net, table: 100, priority: 5 },
      ],
      ['ipam.routes[1]: "10.9.0.0/16 table 100 metric 5": is given more than once'],
    ],
    [
      'an IPv6 route twice, host bits apart',
      [{ dst: cidr('fd09::/48') }, { dst: cidr('fd09::5/48') }],
      ['ipam.routes[1]: "fd09::/48": is given more than once'],
    ],
    [
      'everything at once',
      [{ dst: cidr('10.9.0.5/16') }, { dst: net, gw: ip('fd00::1') }],
      [
        'ipam.routes[0].dst: "10.9.0.5/16": has host bits; the network is "10.9.0.0/16"',
        'ipam.routes[1].gw: "fd00::1": must be an IPv4 address, as dst is',
      ],
    ],
  ])('names %s', (_what, routes, problems) => {
    expect(routeProblems(routes)).toEqual(problems);
  });
});
