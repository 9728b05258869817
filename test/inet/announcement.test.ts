import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeGratuitousArp, encodeUnsolicitedAdvertisement } from '../../src/inet/announcement.ts';
import { type Ip, parseIp } from '../../src/inet/cidr.ts';
import { parseMac } from '../../src/inet/mac.ts';

const mac = parseMac('02:00:5e:10:00:01') as Buffer;

function ip(text: string): Ip {
  return parseIp(text) as Ip;
}

function recordedFrame(file: string): string {
  const fixture = JSON.parse(readFileSync(new URL(`../fixtures/wire/${file}`, import.meta.url), 'utf8'));
  return fixture.frame.join('').replaceAll(' ', '');
}

describe('encodeGratuitousArp', () => {
  test('gives the frame that the kernel sends for arp_notify', () => {
    expect(encodeGratuitousArp(mac, ip('10.20.1.11')).toString('hex')).toBe(
      recordedFrame('announce-arp.json'),
    );
  });
});

describe('encodeUnsolicitedAdvertisement', () => {
  test('gives the frame that the kernel sends for ndisc_notify', () => {
    const frame = encodeUnsolicitedAdvertisement(mac, ip('fd00:20::11'));
    expect(frame.toString('hex')).toBe(recordedFrame('announce-advertisement.json'));
  });

  test.each([
    // The inverse of 2 * address + ff02 + 1 + 20 + 3a + 8800 + 2000 + 201 + 200 + 5e10 + 1, carries added back in.
    { address: '::', sum: 'f68e' },
    { address: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', sum: 'f68e' },
    { address: 'fe80::1', sum: 'f98a' },
  ])('carries the checksum $sum for $address', ({ address, sum }) => {
    expect(encodeUnsolicitedAdvertisement(mac, ip(address)).subarray(56, 58).toString('hex')).toBe(sum);
  });
});
