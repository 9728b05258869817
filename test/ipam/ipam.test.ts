import { describe, expect, test } from 'vitest';
import { type Cidr, formatIp, type Ip, parseCidr, parseIp } from '../../src/inet/cidr.ts';
import { implicitGateway } from '../../src/ipam/ipam.ts';

const assigned = (address: string, gateway?: string) => ({
  cidr: parseCidr(address) as Cidr,
  gateway: gateway === undefined ? undefined : (parseIp(gateway) as Ip),
});

describe('implicitGateway', () => {
  test.each([
    [4, '10.1.0.1'],
    [6, 'fd00::1'],
  ] as const)('is the first gateway of IPv%s', (family, expected) => {
    const ips = [
      assigned('10.0.0.2/24'),
      assigned('10.1.0.2/24', '10.1.0.1'),
      assigned('fd00::2/64', 'fd00::1'),
      assigned('10.2.0.2/24', '10.2.0.1'),
    ];
    const gateway = implicitGateway(family, ips);
    expect(gateway && formatIp(gateway)).toBe(expected);
  });

  test('is none where no address of the family has one', () => {
    expect(implicitGateway(6, [assigned('10.1.0.2/24', '10.1.0.1'), assigned('fd00::2/64')])).toBeUndefined();
  });
});
