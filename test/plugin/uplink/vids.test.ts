import { describe, expect, test } from 'vitest';
import { NetlinkError } from '../../../src/netlink/error.ts';
import { Rollback } from '../../../src/plugin/failure/rollback.ts';
import { openVids } from '../../../src/plugin/uplink/vids.ts';
import { fakeKernel } from '../fake-kernel.ts';
import { linkOf } from '../links.ts';
import { temporaryRun } from '../temporary-run.ts';

const ENOSPC = 28;
const VLANS = 'list VLANs of port "trunk0"';
const PORTS = 'list ports of bridge "vlanbr0"';
const bridge = linkOf({ name: 'vlanbr0', ifindex: 9, kind: 'bridge' });
const uplink = linkOf({ master: 9 });
const expected = [{ first: 100, last: 200 }];
const present = [{ vid: 1, endVid: 120, pvid: false, untagged: false }];

describe('openVids says what the NIC does not take, and how many VLANs it holds,', () => {
  test.each([
    [
      'when the kernel refuses',
      new NetlinkError('add VLAN', ENOSPC, 'no room in the filter'),
      'uplink "trunk0" does not take VLAN 121-200 (ENOSPC: no room in the filter); it holds 120 VLANs, and the VLAN filter of a NIC may be full: use "vids": "attached" or a shorter list',
    ],
    [
      'when the kernel agrees and does nothing',
      undefined,
      'uplink "trunk0" does not take VLAN 121-200 (the kernel reports no error); it holds 120 VLANs, and the VLAN filter of a NIC may be full: use "vids": "attached" or a shorter list',
    ],
  ])('%s', (_when, answer, msg) => {
    const { socket } = fakeKernel({
      [VLANS]: present,
      [PORTS]: [uplink.ifindex],
      'add VLAN 121-200 to port "trunk0"': answer,
    });
    const open = () =>
      openVids(
        socket,
        { bridge, uplink },
        { expected, attached: false, run: temporaryRun(), rollback: new Rollback() },
      );
    expect(open).toThrow(expect.objectContaining({ code: 105, message: msg }));
  });
});

test('openVids asks for nothing when all VLANs are open, whatever their flags', () => {
  const native = { vid: 1, endVid: 4094, pvid: false, untagged: true };
  const { socket } = fakeKernel({ [VLANS]: [native] });
  expect(() =>
    openVids(
      socket,
      { bridge, uplink },
      { expected, attached: false, run: temporaryRun(), rollback: new Rollback() },
    ),
  ).not.toThrow();
});
