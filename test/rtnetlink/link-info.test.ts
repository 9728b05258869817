import { describe, expect, test } from 'vitest';
import { attribute } from '../../src/netlink/message.ts';
import { type Link, parseLink } from '../../src/rtnetlink/link-info.ts';
import {
  IFLA_IFNAME,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINKINFO,
} from '../../src/rtnetlink/uapi.ts';
import { bodiesOf, type Fixture, readFixture } from '../helpers/wire.ts';

/** linux/if_link.h: IFLA_BRPORT_STATE, IFLA_VRF_PORT_TABLE and IFLA_BOND_SLAVE_STATE are all 1. */
const FIRST = 1;

describe('parseLink', () => {
  test.each([
    ['get-link-port'],
    ['get-link-port-up'],
    ['get-link-port-flags'],
    ['get-link-by-index'],
    ['get-link-bridge'],
    ['get-link-bridge-stp'],
    ['get-link-dummy'],
    ['get-link-lo'],
    ['get-link-without-carrier'],
    ['get-link-promiscuous'],
    ['get-link-in-bond'],
    ['list-veths'],
    ['list-vlan-devices'],
  ])('sees what ip sees: %s', (name) => {
    const fixture = readFixture(name);
    expect(bodiesOf(fixture).map(parseLink)).toEqual(linksSeenIn(fixture));
  });

  test('knows no VLAN filtering where the kernel has none', () => {
    const [body = Buffer.alloc(0)] = bodiesOf(readFixture('get-link-bridge'));
    expect(parseLink(withoutVlanFiltering(body)).bridgeSettings).toMatchObject({
      vlanFiltering: undefined,
      defaultPvid: 0,
      stp: false,
    });
  });

  test.each([
    ['within the fixed part', 15],
    ['within an attribute', 21],
  ])('refuses a message that ends %s', (_, length) => {
    const [body = Buffer.alloc(0)] = bodiesOf(readFixture('get-link-lo'));
    expect(() => parseLink(body.subarray(0, length))).toThrow();
  });

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

/** What `ip -d -j link show` shows, in our words. */
function linksSeenIn({ observed, ifindexes }: Fixture): readonly Link[] {
  return (observed as readonly IpLink[]).map((link) => {
    const {
      info_kind: kind,
      info_data: data,
      info_slave_kind: slaveKind,
      info_slave_data,
    } = link.linkinfo ?? {};
    const has = (flag: string): boolean => link.flags.includes(flag);
    const port = slaveKind === 'bridge' ? info_slave_data : undefined;
    return {
      ifindex: link.ifindex,
      name: link.ifname,
      up: has('UP'),
      loopback: has('LOOPBACK'),
      carrier: has('LOWER_UP'),
      promiscuous: has('PROMISC'),
      mac: link.address,
      mtu: link.mtu,
      kind,
      master: link.master === undefined ? undefined : ifindexes[link.master],
      peerIfindex: link.link === undefined ? link.link_index : ifindexes[link.link],
      peerElsewhere: link.link_netnsid !== undefined,
      alias: link.ifalias,
      vlanDeviceVid: kind === 'vlan' ? data?.id : undefined,
      bridgeSettings:
        kind === 'bridge' && data !== undefined
          ? {
              vlanFiltering: data.vlan_filtering === 1,
              defaultPvid: data.vlan_default_pvid,
              stp: data.stp_state !== 0,
              forwardDelayCs: data.forward_delay,
            }
          : undefined,
      portState: port === undefined ? undefined : STATES.indexOf(port.state),
      portFlags:
        port === undefined
          ? undefined
          : {
              hairpin: port.hairpin,
              isolated: port.isolated,
              learning: port.learning,
              locked: port.locked,
            },
    };
  });
}

const STATES = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

type IpLink = {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly address: string;
  readonly mtu: number;
  readonly master?: string;
  readonly link?: string;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_slave_kind?: string;
    readonly info_data?: {
      readonly id: number;
      readonly vlan_filtering: number;
      readonly vlan_default_pvid: number;
      readonly stp_state: number;
      readonly forward_delay: number;
    };
    readonly info_slave_data?: {
      readonly state: string;
      readonly hairpin: boolean;
      readonly isolated: boolean;
      readonly learning: boolean;
      readonly locked: boolean;
    };
  };
};

/** As a kernel without CONFIG_BRIDGE_VLAN_FILTERING answers: IFLA_BR_VLAN_FILTERING and _DEFAULT_PVID become attributes unknown to us. */
function withoutVlanFiltering(body: Buffer): Buffer {
  const hex = body.toString('hex');
  expect(hex.split('0500070001000000')).toHaveLength(2);
  return Buffer.from(
    hex.replace('0500070001000000', '0500ff3f01000000').replace('0600270000000000', '0600ff3f00000000'),
    'hex',
  );
}
