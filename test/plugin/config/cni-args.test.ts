import { describe, expect, test } from 'vitest';
import { formatCidr, formatIp } from '../../../src/inet/cidr.ts';
import { formatMac } from '../../../src/inet/mac.ts';
import { readCniArgs, readMac } from '../../../src/plugin/config/cni-args.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';

const addressRule = 'must be an address with its prefix length, such as "10.20.1.11/24"';
const gatewayRule = 'must be an IP address, such as "10.20.1.1"';
const macRule = 'must be a unicast link-layer address of 6 octets, such as "02:00:00:00:00:01"';

describe('readCniArgs', () => {
  test.each([
    ['nothing', '', { ips: [], gateways: [], mac: undefined }],
    [
      'addresses, gateways and the mac',
      'IP=10.20.1.11/24,fd00::11/64;GATEWAY=10.20.1.1,fd00::1;MAC=02-00-00-00-00-01',
      {
        ips: ['10.20.1.11/24', 'fd00::11/64'],
        gateways: ['10.20.1.1', 'fd00::1'],
        mac: '02:00:00:00:00:01',
      },
    ],
  ])('reads %s', (_what, text, expected) => {
    const { ips, gateways, mac } = readCniArgs(text, { addresses: true });
    expect({
      ips: ips.map(formatCidr),
      gateways: gateways.map(formatIp),
      mac: mac && formatMac(mac),
    }).toEqual(expected);
  });

  test.each([
    ['an address without prefix', 'IP=10.20.1.11', `CNI_ARGS.IP: "10.20.1.11": ${addressRule}`],
    ['an address that is none', 'IP=10.20.1.256/24', `CNI_ARGS.IP: "10.20.1.256/24": ${addressRule}`],
    ['a gateway with prefix', 'GATEWAY=10.20.1.1/24', `CNI_ARGS.GATEWAY: "10.20.1.1/24": ${gatewayRule}`],
    ['a multicast mac', 'MAC=01:00:5e:00:00:01', `CNI_ARGS.MAC: "01:00:5e:00:00:01": ${macRule}`],
    [
      'everything at once',
      'IP=a,10.0.0.1/24,b;GATEWAY=c;MAC=d',
      `CNI_ARGS.IP: "a": ${addressRule}; CNI_ARGS.IP: "b": ${addressRule}; CNI_ARGS.GATEWAY: "c": ${gatewayRule}; CNI_ARGS.MAC: "d": ${macRule}`,
    ],
  ])('refuses %s', (_what, text, msg) => {
    expect(cniErrorOf(() => readCniArgs(text, { addresses: true }))).toEqual({
      code: 4,
      msg,
      details: undefined,
    });
  });
});

describe('readCniArgs for IPAM that is not static', () => {
  const addresses = false;

  test.each(['IP=10.88.0.5;GATEWAY=router', 'IP=10.20.1.11/24,x;GATEWAY=10.20.1.1/24'])(
    'leaves addresses to the delegate: %s',
    (text) => {
      expect(readCniArgs(text, { addresses })).toEqual({ ips: [], gateways: [], mac: undefined });
    },
  );

  test('still reads the mac, and refuses what is not one', () => {
    const { mac } = readCniArgs('IP=x;MAC=02:00:00:00:00:01', { addresses });
    expect(mac).toEqual(Buffer.from('020000000001', 'hex'));
    expect(cniErrorOf(() => readCniArgs('IP=x;MAC=d', { addresses }))).toEqual({
      code: 4,
      msg: `CNI_ARGS.MAC: "d": ${macRule}`,
      details: undefined,
    });
  });
});

describe('readMac', () => {
  test.each([
    ['multicast', '01:00:5e:00:00:01'],
    ['broadcast', 'ff:ff:ff:ff:ff:ff'],
    ['all zero', '00:00:00:00:00:00'],
    ['8 octets', '02:00:00:00:00:00:00:01'],
    ['junk', 'junk'],
    ['nothing', ''],
  ])('does not take %s', (_what, text) => {
    expect(readMac(text)).toBeUndefined();
  });

  test('takes a unicast address', () => {
    expect(readMac('02:00:00:00:00:0A')).toEqual(Buffer.from('02000000000a', 'hex'));
  });
});
