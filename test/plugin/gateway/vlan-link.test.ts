import { describe, expect, test } from 'vitest';
import { Rollback } from '../../../src/plugin/failure/rollback.ts';
import { ensureVlanGateway, vlanGatewayProblem } from '../../../src/plugin/gateway/vlan-link.ts';
import type { VlanEntry } from '../../../src/rtnetlink/bridge-vlan.ts';
import type { Link } from '../../../src/rtnetlink/link-info.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { absent, fakeKernel } from '../fake-kernel.ts';
import { bridge, port } from '../links.ts';
import { temporaryRun } from '../temporary-run.ts';

const access: VlanEntry = { vid: 100, endVid: 100, pvid: true, untagged: true };
const gateway: Link = {
  ...port,
  ifindex: 9,
  name: 'vlanbr0.100',
  master: undefined,
  peerIfindex: 8,
  peerElsewhere: false,
};
const gatewayPort: Link = { ...port, ifindex: 8, name: 'vethg0', peerIfindex: 9, peerElsewhere: false };

/** "vethg" and the start of `printf vlanbr0.100 | sha256sum`. */
const PORT_NAME = 'vethg7ed8248ceb';

describe('vlanGatewayProblem', () => {
  const problemOf = (link: Link, peer: Link | undefined, vlans: readonly VlanEntry[]) => {
    const { socket } = fakeKernel({ 'look up link 8': peer ?? absent, 'list VLANs of port "vethg0"': vlans });
    return vlanGatewayProblem(socket, bridge, link, 100);
  };

  test.each([
    ['on the VLAN alone', [access]],
    ['on tagged VLANs too', [{ ...access, vid: 5, endVid: 5, pvid: false, untagged: false }, access]],
  ])('is none of a pair that is up and %s', (_what, vlans) => {
    expect(problemOf(gateway, gatewayPort, vlans)).toBeUndefined();
  });

  const noVeth = 'is not a veth into bridge "vlanbr0"';
  const notOnVlan = 'is not on VLAN 100 untagged';
  test.each([
    ['a device of kind vlan', { ...gateway, kind: 'vlan' }, gatewayPort, [access], 'is a vlan link'],
    ['a network card', { ...gateway, kind: undefined }, gatewayPort, [access], 'is a physical link'],
    [
      'a veth without an other end',
      { ...gateway, peerIfindex: undefined },
      gatewayPort,
      [access],
      'is a veth link',
    ],
    ['a veth whose other end is elsewhere', gateway, undefined, [access], noVeth],
    ['a veth with a stranger under its index', gateway, { ...gatewayPort, peerIfindex: 3 }, [access], noVeth],
    ['a veth into another bridge', gateway, { ...gatewayPort, master: 7 }, [access], noVeth],
    ['a veth on no VLAN', gateway, gatewayPort, [], notOnVlan],
    ['a veth on another VLAN', gateway, gatewayPort, [{ ...access, vid: 99, endVid: 99 }], notOnVlan],
    ['a veth that is tagged', gateway, gatewayPort, [{ ...access, untagged: false }], notOnVlan],
    ['a veth without a PVID', gateway, gatewayPort, [{ ...access, pvid: false }], notOnVlan],
    ['a link that is down', { ...gateway, up: false }, gatewayPort, [access], 'is down'],
    ['a port that is down', gateway, { ...gatewayPort, up: false }, [access], 'is down'],
  ])('is what is wrong with %s', (_what, link, peer, vlans, problem) => {
    expect(problemOf(link, peer, vlans)).toBe(problem);
  });
});

describe('ensureVlanGateway', () => {
  const placeOf = () => ({ vlan: 100, port: port.ifindex, run: temporaryRun(), rollback: new Rollback() });

  test('takes one that works, and changes nothing', () => {
    const { socket, operations } = fakeKernel({
      'look up link "vlanbr0.100"': gateway,
      'look up link 8': gatewayPort,
      'list VLANs of port "vethg0"': [access],
    });
    expect(ensureVlanGateway(socket, bridge, placeOf())).toEqual(gateway);
    expect(operations.filter((operation) => !/^(look up|list) /.test(operation))).toEqual([]);
  });

  test('refuses a link of others, naming what it is and the remedy', () => {
    const { socket, operations } = fakeKernel({
      'look up link "vlanbr0.100"': { ...gateway, kind: 'vlan' },
      [`look up link "${PORT_NAME}"`]: absent,
    });
    const attempt = () => ensureVlanGateway(socket, bridge, placeOf());
    expect(cniErrorOf(attempt)).toEqual({
      code: 101,
      msg: '"vlanbr0.100" exists but is a vlan link, so it cannot be the gateway of VLAN 100; delete or rename it',
      details: undefined,
    });
    expect(operations.filter((operation) => !/^(look up|list) /.test(operation))).toEqual([]);
  });
});
