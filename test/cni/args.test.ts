import { describe, expect, test } from 'vitest';
import { parseCniArgs } from '../../src/cni/args.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';

const nothing = { ip: [], gateway: [], mac: undefined };

describe('parseCniArgs', () => {
  test.each([
    ['an empty text as nothing', '', nothing],
    ['a lone ";" as nothing', ';', nothing],
    ['empty values as absent', 'IP=;MAC=;GATEWAY= , ', nothing],
    ['MAC without IgnoreUnknown', 'MAC=02:00:00:00:00:01', { ...nothing, mac: '02:00:00:00:00:01' }],
    [
      'comma-separated addresses and gateways with spaces around',
      'IP=10.20.1.11/24, fd00::11/64;GATEWAY=10.20.1.1 ,fd00::1',
      { ip: ['10.20.1.11/24', 'fd00::11/64'], gateway: ['10.20.1.1', 'fd00::1'], mac: undefined },
    ],
    ['the last of duplicate keys', 'IP=10.0.0.1/24;IP=10.0.0.2/24', { ...nothing, ip: ['10.0.0.2/24'] }],
    ['one ";" at the end', 'IP=10.0.0.1/24;', { ...nothing, ip: ['10.0.0.1/24'] }],
    [
      'what Multus sends, with every pair twice',
      'IgnoreUnknown=true;K8S_POD_NAMESPACE=n;K8S_POD_NAME=p;IgnoreUnknown=1;K8S_POD_NAME=p;MAC=02:00:00:00:00:01;IP=10.20.1.11/24',
      { ip: ['10.20.1.11/24'], gateway: [], mac: '02:00:00:00:00:01' },
    ],
    ['unknown keys when IgnoreUnknown comes after them', 'A=1;IgnoreUnknown=TRUE', nothing],
  ])('reads %s', (_what, text, args) => {
    expect(parseCniArgs(text)).toEqual(args);
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
    expect(cniErrorOf(() => parseCniArgs(text))).toEqual({
      code: 4,
      msg: `CNI_ARGS: ${problem}`,
      details: undefined,
    });
  });
});
