import { expect, test } from 'vitest';
import { findPrevResult, ownIps } from '../../src/cni/prev-result.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';
import { requestOf } from '../helpers/request-of.ts';

const empty = { interfaces: [], ips: [], routes: [], dns: {} };

test.each([
  ['no prevResult', {}, undefined],
  ['null', { prevResult: null }, undefined],
  ['an empty one, in the version of the configuration', { prevResult: {} }, empty],
  [
    'one of an older version',
    { prevResult: { cniVersion: '0.2.0', ip4: { ip: '10.0.0.2/24', gateway: '10.0.0.1' } } },
    { ...empty, ips: [{ address: '10.0.0.2/24', gateway: '10.0.0.1' }] },
  ],
  [
    'one under a key in another case',
    { PREVRESULT: { interfaces: [{ name: 'a' }] } },
    { ...empty, interfaces: [{ name: 'a' }] },
  ],
])('findPrevResult reads %s', (_what, config, expected) => {
  expect(findPrevResult(requestOf(config))).toEqual(expected);
});

test.each([
  ['is no object', 7, 'CNI result is not understood'],
  ['has links that are none', { interfaces: [{}] }, 'CNI result is not understood'],
  ['is of an unknown version', { cniVersion: '9.0.0' }, 'unsupported CNI result version "9.0.0"'],
])('findPrevResult refuses one that %s', (_what, prevResult, msg) => {
  expect(cniErrorOf(() => findPrevResult(requestOf({ prevResult })))).toMatchObject({ code: 6, msg });
});

test('ownIps are those of the link in the container, and those of no link', () => {
  const sandbox = '/run/netns/blue';
  const ips = [0, 1, 2, 3, undefined].map((index) => ({
    address: `10.0.0.${index ?? 9}/24`,
    interface: index,
  }));
  const interfaces = [{ name: 'net1' }, { name: 'net1', sandbox: '' }, { name: 'net1', sandbox }];
  const own = ownIps({ ...empty, interfaces, ips }, 'net1');
  expect(own.map(({ address }) => address)).toEqual(['10.0.0.2/24', '10.0.0.9/24']);
});
