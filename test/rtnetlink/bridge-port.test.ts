import { expect, test } from 'vitest';
import { freshPortFlags, setPortFlags } from '../../src/rtnetlink/bridge-port.ts';
import { parseLink } from '../../src/rtnetlink/link-info.ts';
import { bodiesOf, expectedLines, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

const ALL_CHANGED = { hairpin: true, isolated: true, learning: false, locked: true };

test.each([
  ['set-port-flags', ALL_CHANGED],
  ['clear-port-flags', freshPortFlags],
])('setPortFlags sends what bridge sends: %s', (name, flags) => {
  const fixture = readFixture(name);
  const request = setPortFlags({ name: 'host0', ifindex: ifindexOf(fixture, 'host0') }, flags);
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test('the operation is in words', () => {
  expect(setPortFlags({ name: 'host0', ifindex: 3 }, ALL_CHANGED).operation).toBe(
    'set flags of port "host0"',
  );
});

test.each([
  ['get-link-port', freshPortFlags],
  ['get-link-port-flags', ALL_CHANGED],
])('parseLink sees the flags that ip sees: %s', (name, flags) => {
  const fixture = readFixture(name);
  const [shown] = fixture.observed as readonly [{ linkinfo: { info_slave_data: typeof flags } }];
  const { hairpin, isolated, learning, locked } = shown.linkinfo.info_slave_data;
  expect({ hairpin, isolated, learning, locked }).toEqual(flags);
  const [body = Buffer.alloc(0)] = bodiesOf(fixture);
  expect(parseLink(body).portFlags).toEqual(flags);
});

test('parseLink sees no flags of a link that is no port', () => {
  const [body = Buffer.alloc(0)] = bodiesOf(readFixture('get-link-dummy'));
  expect(parseLink(body).portFlags).toBeUndefined();
});
