import { describe, expect, test } from 'vitest';
import { attribute } from '../../src/netlink/message.ts';
import { parseLink } from '../../src/rtnetlink/link-info.ts';
import {
  IFLA_IFNAME,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINKINFO,
} from '../../src/rtnetlink/uapi.ts';

/** linux/if_link.h: IFLA_BRPORT_STATE, IFLA_VRF_PORT_TABLE and IFLA_BOND_SLAVE_STATE are all 1. */
const FIRST = 1;

describe('parseLink', () => {
  test('reads the state of a port of a bridge', () => {
    expect(parseLink(linkIn('bridge', Buffer.of(3)))).toMatchObject({ portState: 3, portFlags: {} });
  });

  test.each([
    ['vrf', Buffer.of(99, 0, 0, 0)],
    ['bond', Buffer.of(1)],
  ])('does not take for it what a %s says about its port', (kind, data) => {
    expect(parseLink(linkIn(kind, data))).toMatchObject({
      name: 'eth0',
      portState: undefined,
      portFlags: undefined,
    });
  });
});

/** A struct ifinfomsg and the attributes of a link with a master. */
function linkIn(kind: string, first: Buffer): Buffer {
  const slave = [
    attribute(IFLA_INFO_SLAVE_KIND, Buffer.from(`${kind}\0`)),
    attribute(IFLA_INFO_SLAVE_DATA, attribute(FIRST, first)),
  ];
  return Buffer.concat([
    Buffer.alloc(16),
    attribute(IFLA_IFNAME, Buffer.from('eth0\0')),
    attribute(IFLA_LINKINFO, Buffer.concat(slave)),
  ]);
}
