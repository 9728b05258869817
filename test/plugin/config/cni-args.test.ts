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

const nothing = { ips: [], gateways: [], mac: undefined };

describe('the pairs of CNI_ARGS', () => {
  test.each([
    ['an empty text as nothing', '', nothing],
    ['a lone ";" as nothing', ';', nothing],
    ['empty values as absent', 'IP=;MAC=;GATEWAY= , ', nothing],
    ['MAC without IgnoreUnknown', 'MAC=02:00:00:00:00:01', { ...nothing, mac: '02:00:00:00:00:01' }],
    [
      'comma-separated addresses and gateways with spaces around',
      'IP=10.20.1.11/24, fd00::11/64;GATEWAY=10.20.1.1 ,fd00::1',
      { ips: ['10.20.1.11/24', 'fd00::11/64'], gateways: ['10.20.1.1', 'fd00::1'], mac: undefined },
    ],
    ['the last of duplicate keys', 'IP=10.0.0.1/24;IP=10.0.0.2/24', { ...nothing, ips: ['10.0.0.2/24'] }],
    ['one ";" at the end', 'IP=10.0.0.1/24;', { ...nothing, ips: ['10.0.0.1/24'] }],
    [
      'what Multus sends, with every pair twice',
      'IgnoreUnknown=true;K8S_POD_NAMESPACE=n;K8S_POD_NAME=p;IgnoreUnknown=1;K8S_POD_NAME=p;MAC=02:00:00:00:00:01;IP=10.20.1.11/24',
      { ips: ['10.20.1.11/24'], gateways: [], mac: '02:00:00:00:00:01' },
    ],
    ['unknown keys when IgnoreUnknown comes after them', 'A=1;IgnoreUnknown=TRUE', nothing],
  ])('reads %s', (_what, text, args) => {
    const { ips, gateways, mac } = readCniArgs(text, { addresses: true });
    expect({
      ips: ips.map(formatCidr),
      gateways: gateways.map(formatIp),
      mac: mac && formatMac(mac),
    }).toEqual(args);
  });

  test.each([
    [
      'every unknown pair without IgnoreUnknown',
      'A=1;IP=10.0.0.1/24;b=2',
      'unknown args ["A=1" "b=2"] without IgnoreUnknown=true',
    ],
    [
      'unknown pairs when the last IgnoreUnknown is false',
      'IgnoreUnknown=1;IgnoreUnknown=0;A=1',
      'unknown args ["A=1"] without IgnoreUnknown=true',
    ],
    ['keys in another case', 'ip=10.0.0.1/24', 'unknown args ["ip=10.0.0.1/24"] without IgnoreUnknown=true'],
    [
      'malformed pairs in spite of IgnoreUnknown',
      'IgnoreUnknown=1;A;B=1=2;=3',
      'invalid pairs ["A" "B=1=2" "=3"], must be Key=Value',
    ],
    ['an empty pair in the middle', 'MAC=a;;IP=b', 'invalid pairs [""], must be Key=Value'],
    ['a second ";" at the end', 'MAC=a;;', 'invalid pairs [""], must be Key=Value'],
    ['a bad boolean', 'IgnoreUnknown=yes', 'IgnoreUnknown=yes, must be true, 1, false or 0'],
    [
      'everything at once',
      'A;IgnoreUnknown=;B=1',
      'invalid pairs ["A"], must be Key=Value; IgnoreUnknown=, must be true, 1, false or 0; unknown args ["B=1"] without IgnoreUnknown=true',
    ],
  ])('refuses %s', (_what, text, problem) => {
    expect(cniErrorOf(() => readCniArgs(text, { addresses: true }))).toEqual({
      code: 4,
      msg: `CNI_ARGS: ${problem}`,
      details: undefined,
    });
  });
});
