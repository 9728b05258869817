import { describe, expect, test } from 'vitest';
import { type Cidr, formatIp, type Ip, parseCidr, parseIp } from '../../src/inet/cidr.ts';
import { implicitGateway, ipamType, usesLink } from '../../src/ipam/ipam.ts';

describe('ipamType', () => {
  test.each([
    ['the type', { ipam: { type: 'static' } }, 'static'],
    ['the type under keys of any case', { IPAM: { Type: 'host-local' } }, 'host-local'],
    ['nothing where there is no ipam', {}, ''],
    ['nothing where ipam is null', { ipam: null }, ''],
    ['nothing where ipam has no type', { ipam: { addresses: [] } }, ''],
    ['nothing where the type is null', { ipam: { type: null } }, ''],
    ['nothing where ipam is no object', { ipam: ['static'] }, ''],
    ['nothing where the type is no text', { ipam: { type: 1 } }, ''],
  ])('is %s', (_what, config, type) => {
    expect(ipamType(config)).toBe(type);
  });
});

test('implicitGateway is the first gateway of the family', () => {
  const ips = [
    assigned('10.0.0.2/24'),
    assigned('fd00::2/64', 'fd00::1'),
    assigned('10.0.1.2/24', '10.0.1.1'),
    assigned('10.0.2.2/24', '10.0.2.1'),
  ];
  const found = [implicitGateway(4, ips), implicitGateway(6, ips), implicitGateway(6, ips.slice(2))];
  expect(found.map((each) => each && formatIp(each))).toEqual(['10.0.1.1', 'fd00::1', undefined]);
});

test('usesLink is true of dhcp alone', () => {
  expect(['dhcp', 'static', 'host-local', ''].filter(usesLink)).toEqual(['dhcp']);
});

function assigned(address: string, gateway?: string) {
  return {
    cidr: parseCidr(address) as Cidr,
    gateway: gateway === undefined ? undefined : (parseIp(gateway) as Ip),
  };
}
