import { describe, expect, test } from 'vitest';
import { formatMac, isUnicastMac, parseMac, randomMac } from '../../src/inet/mac.ts';

describe('parseMac', () => {
  test.each(['02:00:5e:10:AB:01', '02-00-5e-10-ab-01', '0200.5e10.ab01'])('reads %s', (text) => {
    expect(parseMac(text)).toEqual(Buffer.from('02005e10ab01', 'hex'));
  });

  test.each([
    ['an empty text', ''],
    ['five octets', '02:00:5e:10:ab'],
    ['eight octets', '02:00:5e:10:ab:01:02:03'],
    ['eight octets with dots', '0200.5e10.ab01.0203'],
    ['mixed separators', '02:00-5e:10:ab:01'],
    ['no separators', '02005e10ab01'],
    ['single digits', '2:0:5e:10:ab:1'],
    ['something that is not hex', '0g:00:5e:10:ab:01'],
    ['white space around', ' 02:00:5e:10:ab:01'],
    ['a line break at the end', '02:00:5e:10:ab:01\n'],
  ])('refuses %s', (_what, text) => {
    expect(parseMac(text)).toBeUndefined();
  });
});

test('formatMac gives lower-case hex with colons', () => {
  expect(formatMac(Buffer.from('02005E10AB01', 'hex'))).toBe('02:00:5e:10:ab:01');
});

test.each([
  ['02:00:00:00:00:00', true],
  ['00:00:00:00:00:01', true],
  ['fe:ff:ff:ff:ff:ff', true],
  ['00:00:00:00:00:00', false],
  ['01:00:5e:00:00:01', false],
  ['ff:ff:ff:ff:ff:ff', false],
])('isUnicastMac says of %s: %s', (text, isUnicast) => {
  expect(isUnicastMac(parseMac(text) as Buffer)).toBe(isUnicast);
});

describe('randomMac', () => {
  test.each([
    ['000000000000', '02:00:00:00:00:00'],
    ['ffffffffffff', 'fe:ff:ff:ff:ff:ff'],
    ['0123456789ab', '02:23:45:67:89:ab'],
  ])('makes of the bytes %s the locally administered unicast address %s', (bytes, mac) => {
    expect(formatMac(randomMac(Buffer.from(bytes, 'hex')))).toBe(mac);
  });

  test('leaves the bytes it was given alone', () => {
    const bytes = Buffer.alloc(6, 0xff);
    randomMac(bytes);
    expect(bytes).toEqual(Buffer.alloc(6, 0xff));
  });
});
