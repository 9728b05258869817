import { describe, expect, test } from 'vitest';
import { parseMac } from '../../src/inet/mac.ts';
import { createBridge, createVeth } from '../../src/rtnetlink/new-link.ts';
import { expectedLines, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

describe('createBridge', () => {
  test.each([
    ['create-bridge', true],
    ['create-bridge-plain', false],
  ])('sends what ip sends: %s', (name, vlanFiltering) => {
    const request = createBridge({ name: 'vlanbr0', mac: mac('02:00:00:00:00:fe'), vlanFiltering });
    expect(linesOf(request)).toEqual(expectedLines(readFixture(name)));
  });

  test('names the bridge in its operation', () => {
    const settings = { mac: mac('02:00:00:00:00:fe'), vlanFiltering: false };
    expect(createBridge({ name: 'vlanbr0', ...settings }).operation).toBe('create bridge "vlanbr0"');
  });
});

describe('createVeth', () => {
  const ends = {
    hostName: 'host0',
    hostMac: mac('02:00:00:00:00:01'),
    containerName: 'net1',
    containerMac: mac('02:00:00:00:00:02'),
  };

  test.each([
    ['create-veth', 1400],
    ['create-veth-plain', undefined],
  ])('sends what ip sends: %s', (name, mtu) => {
    const fixture = readFixture(name);
    const { netnsFd = -1 } = fixture;
    const request = createVeth({ ...ends, mtu, master: ifindexOf(fixture, 'vlanbr0'), netnsFd });
    expect(linesOf(request)).toEqual(expectedLines(fixture));
  });

  test('names both ends in its operation', () => {
    const request = createVeth({ ...ends, mtu: undefined, master: 2, netnsFd: 3 });
    expect(request.operation).toBe('create veth pair "host0" and "net1"');
  });
});

function mac(text: string): Buffer {
  const bytes = parseMac(text);
  if (bytes === undefined) throw new Error(`"${text}" is no MAC`);
  return bytes;
}
