import { describe, expect, test } from 'vitest';
import { hostEndOf, isHostEndOf } from '../../../src/plugin/state/attachment.ts';
import { port as hostLink } from '../links.ts';

const attachment = { network: 'vlan-100', containerId: 'pod', ifname: 'net1' };
const hostEnd = hostEndOf(attachment);

describe('hostEndOf', () => {
  test('names an attachment as every release has named it, or DEL would not find the links of older ones', () => {
    expect(hostEnd).toEqual({
      hostName: 'vethacrl7cxktnq',
      hostMac: Buffer.from('02a67e73bcc7', 'hex'),
      alias: 'vlan-bridge: net1 of container pod, network vlan-100',
    });
  });

  test.each([
    ['the network', { ...attachment, network: 'vlan-101' }],
    ['the container', { ...attachment, containerId: 'pod2' }],
    ['the link name', { ...attachment, ifname: 'net2' }],
    ['where one ends and the next begins', { network: 'vlan-100p', containerId: 'od', ifname: 'net1' }],
  ])('gives another name and address when %s differs', (_what, other) => {
    const { hostName, hostMac } = hostEndOf(other);
    expect(hostName).not.toBe(hostEnd.hostName);
    expect(hostMac).not.toEqual(hostEnd.hostMac);
  });

  test('makes names of 15 bytes and locally administered unicast addresses for any attachment', () => {
    const owners = Array.from({ length: 200 }, (_, index) =>
      hostEndOf({ ...attachment, containerId: `pod${index}` }),
    );
    expect(owners.filter(({ hostName }) => !/^veth[a-z2-7]{11}$/.test(hostName))).toEqual([]);
    expect(owners.filter(({ hostMac }) => hostMac.length !== 6 || hostMac[0] !== 0x02)).toEqual([]);
    expect(new Set(owners.map(({ hostName }) => hostName)).size).toBe(200);
  });

  test('cuts an alias to the 255 bytes that the kernel keeps', () => {
    const { alias } = hostEndOf({ ...attachment, containerId: 'a'.repeat(400) });
    expect(alias).toBe(`vlan-bridge: net1 of container ${'a'.repeat(255 - 31)}`);
  });

  test('cuts an alias between characters, not inside of one', () => {
    const { alias } = hostEndOf({ ...attachment, containerId: `${'a'.repeat(223)}é` });
    expect(alias).toBe(`vlan-bridge: net1 of container ${'a'.repeat(223)}`);
  });
});

describe('isHostEndOf', () => {
  test.each([
    ["its name and alias are the attachment's", hostLink],
    [
      "it has no alias yet and the attachment's address",
      { ...hostLink, alias: undefined, mac: '02:a6:7e:73:bc:c7' },
    ],
  ])("knows a link as the attachment's when %s", (_when, link) => {
    expect(isHostEndOf(hostEnd, link)).toBe(true);
  });

  test.each([
    ['it has another alias, whatever its address', { ...hostLink, alias: 'mine', mac: '02:a6:7e:73:bc:c7' }],
    ['it has no alias and another address', { ...hostLink, alias: undefined }],
    ['it is no veth', { ...hostLink, kind: 'dummy' }],
    ['it is of no kind', { ...hostLink, kind: undefined }],
    ['it has another name', { ...hostLink, name: 'veth0' }],
  ])('leaves a link alone when %s', (_when, link) => {
    expect(isHostEndOf(hostEnd, link)).toBe(false);
  });
});
