import type { MarkedFrame } from '../../helpers/marked-frame.ts';

/** A frame that a pod sends to reach, or to be, somebody else: what is not said of it is the pod's own, and broadcast. */
export type HostileFrame = Partial<Pick<MarkedFrame, 'source' | 'destination' | 'type' | 'body' | 'size'>> & {
  readonly name: string;
  /** Who on the VLAN gets it: everybody, nobody, or the pod of that name. */
  readonly to: string;
};

export const EVERYBODY = 'everybody';
export const NOBODY = 'nobody';

const ARP = 0x0806;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const EAPOL = 0x888e;
const LLDP = 0x88cc;
const FLOW_CONTROL = 0x8808;
const SLOW_PROTOCOLS = 0x8809;

/** To everybody on the VLAN, whatever the content says. */
const FLOODED: readonly Omit<HostileFrame, 'to'>[] = [
  {
    name: 'ARP request for the address of a pod on another VLAN',
    type: ARP,
    body: arp(1, '10.20.1.66', '10.20.2.11'),
  },
  { name: 'ARP that claims the address of another', type: ARP, body: arp(2, '10.20.2.11', '10.20.2.11') },
  {
    name: 'IPv6 router advertisement',
    destination: '33:33:00:00:00:01',
    type: IPV6,
    body: ipv6(
      'ff020000000000000000000000000001',
      58,
      Buffer.from('8600000040000708'.padEnd(32, '0'), 'hex'),
    ),
  },
  {
    name: 'IPv6 packet to a group that nobody has joined',
    destination: '33:33:00:00:66:66',
    type: IPV6,
    body: ipv6('ff020000000000000000000000006666', 59, Buffer.alloc(0)),
  },
  {
    name: 'IPv4 packet to a group that nobody has joined',
    destination: '01:00:5e:66:77:08',
    type: IPV4,
    body: ipv4('239.102.119.8'),
  },
  // A bridge without the spanning tree protocol has to pass them on, so that others find a loop.
  { name: 'spanning tree BPDU', destination: '01:80:c2:00:00:00', ...bpdu() },
  { name: 'spanning tree BPDU for one VLAN', destination: '01:00:0c:cc:cc:cd', ...bpdu() },
  { name: 'VLAN registration (MVRP)', destination: '01:80:c2:00:00:21', type: 0x88f5 },
  { name: 'frame to an address that nobody has', destination: '02:66:00:00:00:02' },
  { name: 'frame as long as the MTU allows', size: 1514 },
];

/** To nobody: what is between a pod and its port, and frames that are none. */
const DROPPED: readonly Omit<HostileFrame, 'to'>[] = [
  {
    name: 'pause frame',
    destination: '01:80:c2:00:00:01',
    type: FLOW_CONTROL,
    body: Buffer.of(0, 1, 0xff, 0xff),
  },
  { name: 'LACP', destination: '01:80:c2:00:00:02', type: SLOW_PROTOCOLS, body: Buffer.of(1, 1) },
  { name: 'EAPOL start', destination: '01:80:c2:00:00:03', type: EAPOL, body: Buffer.of(2, 1, 0, 0) },
  { name: 'BPDU of a provider bridge', destination: '01:80:c2:00:00:08', ...bpdu() },
  {
    name: 'LLDP',
    destination: '01:80:c2:00:00:0e',
    type: LLDP,
    body: Buffer.of(2, 7, 4, 2, 0x66, 0, 0, 0, 1),
  },
  { name: 'frame that is longer than the MTU allows', size: 3000 },
  { name: 'frame from a group address', source: '03:66:00:00:00:01' },
  { name: 'frame from no address', source: '00:00:00:00:00:00' },
];

/** What frames hold that pods have no business to send. */
export const CONTENTS: readonly HostileFrame[] = [
  ...FLOODED.map((hostile) => ({ ...hostile, to: EVERYBODY })),
  ...DROPPED.map((hostile) => ({ ...hostile, to: NOBODY })),
];

/** Frames to and from addresses of others. @param macs by station; `bridge`, `gateway` and `port`, the pod's own, are of the node */
export function spoofedFrames(macs: Readonly<Record<string, string>>): readonly HostileFrame[] {
  const to = (name: string, station: string, receiver: string): HostileFrame => {
    return { name: `to ${name}`, destination: macOf(macs, station), to: receiver };
  };
  const from = (name: string, station: string): HostileFrame => {
    return { name: `from ${name}`, source: macOf(macs, station), to: EVERYBODY };
  };
  return [
    to('the pod on the same VLAN', 'same', 'same'),
    // Nobody has the address on this VLAN.
    to('a pod on another VLAN', 'vlan200', EVERYBODY),
    to('the gateway on another VLAN', 'gateway', EVERYBODY),
    to('the bridge', 'bridge', NOBODY),
    to('the host end', 'port', NOBODY),
    { name: 'from an address that nobody has', source: '02:66:00:00:00:01', to: EVERYBODY },
    from('the address of a pod on another VLAN', 'vlan1'),
    from('the address of the bridge', 'bridge'),
    // The last one: from here on the bridge takes the sender for the other pod, until that sends something.
    from('the address of a pod on the same VLAN', 'same'),
  ];
}

/** The address of a station, which must have one. */
export function macOf(macs: Readonly<Record<string, string>>, station: string): string {
  const mac = macs[station];
  if (mac === undefined) throw new Error(`no address of "${station}"`);
  return mac;
}

function arp(operation: number, sender: string, target: string): Buffer {
  const mac = Buffer.from('026600000001', 'hex');
  return Buffer.concat([
    Buffer.of(0, 1, 8, 0, 6, 4, 0, operation),
    mac,
    ipv4Bytes(sender),
    Buffer.alloc(6),
    ipv4Bytes(target),
  ]);
}

function ipv6(destination: string, next: number, payload: Buffer): Buffer {
  const source = Buffer.from('fe800000000000000000000000000066', 'hex');
  const header = Buffer.of(0x60, 0, 0, 0, 0, payload.length, next, 255);
  return Buffer.concat([header, source, Buffer.from(destination, 'hex'), payload]);
}

function ipv4(destination: string): Buffer {
  const header = Buffer.of(0x45, 0, 0, 46, 0, 0, 0, 0, 1, 253, 0, 0);
  return Buffer.concat([header, ipv4Bytes('10.20.1.66'), ipv4Bytes(destination)]);
}

/** A bridge with the best priority there is: 802.3 with LLC, after which the type is a length. */
function bpdu(): Pick<HostileFrame, 'type' | 'body'> {
  return { type: 38, body: Buffer.concat([Buffer.of(0x42, 0x42, 3), Buffer.alloc(35)]) };
}

function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
