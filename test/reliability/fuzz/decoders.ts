import { NetlinkError, NetlinkProtocolError } from '../../../src/netlink/error.ts';
import type { NetlinkMessage } from '../../../src/netlink/message.ts';
import { NetlinkSocket } from '../../../src/netlink/socket.ts';
import { listAddresses } from '../../../src/rtnetlink/address.ts';
import { listFdb } from '../../../src/rtnetlink/bridge-fdb.ts';
import { listAllVlans, listVlans } from '../../../src/rtnetlink/bridge-vlan.ts';
import { getLink, getLinkByIndex, listLinks, listPorts, setLinkUp } from '../../../src/rtnetlink/link.ts';
import { waitForLink } from '../../../src/rtnetlink/link-events.ts';
import { listRoutes } from '../../../src/rtnetlink/route.ts';
import { SyscallError } from '../../../src/sys/libc.ts';
import { fakeTransport } from '../../helpers/fake-transport.ts';
import { acknowledgement, readFixture, withSequence } from '../../helpers/wire.ts';

/** Reads an answer of the kernel as the plugin does. */
export type Decoder = (datagrams: readonly Buffer[]) => unknown;

const PORT = readFixture('get-link-port').replies;
const host0 = { name: 'host0', ifindex: 3 };

/** Everything that the plugin ever reads from the kernel, by the recordings that it is about: their names begin so. */
export const decoders: Readonly<
  Record<string, { readonly decode: Decoder; readonly about: readonly string[] }>
> = {
  link: { decode: answered(getLink('host0')), about: ['get-link', 'refused'] },
  'link by ifindex': { decode: answered(getLinkByIndex(3)), about: ['get-link', 'refused'] },
  'veth links': { decode: answered(listLinks('veth')), about: ['list-veths'] },
  'VLAN devices': { decode: answered(listLinks('vlan')), about: ['list-vlan-devices'] },
  ports: { decode: answered(listPorts(host0)), about: ['list-ports', 'list-veths'] },
  addresses: { decode: answered(listAddresses(host0)), about: ['list-addresses', 'refused-addresses'] },
  'IPv4 routes': { decode: answered(listRoutes(4, 254)), about: ['list-routes-4', 'refused-table'] },
  'IPv6 routes': { decode: answered(listRoutes(6, 0)), about: ['list-routes-6'] },
  'VLANs of a port': { decode: answered(listVlans(host0)), about: ['list-vlans'] },
  'VLANs of all ports': { decode: answered(listAllVlans()), about: ['list-all-vlans', 'list-vlans'] },
  'forwarding entries': { decode: answered(listFdb(host0)), about: ['list-fdb'] },
  acknowledgement: {
    decode: answered(setLinkUp(host0, true)),
    about: ['set-', 'add-', 'del', 'create', 'refused'],
  },
  event: { decode: waited, about: ['get-link', 'list-veths', 'set-'] },
};

/** What came of datagrams: whether they were read, and what is wrong with how they were, or were not. */
export type Decoding = { readonly read: boolean; readonly problem: string | undefined };

/** Gives datagrams to a decoder, which may refuse them in words of ours, and may make nothing of them that cannot be. */
export function tryDecoder(decode: Decoder, datagrams: readonly Buffer[]): Decoding {
  try {
    return { read: true, problem: malformedPart(decode(datagrams)) };
  } catch (error) {
    return { read: false, problem: foreignError(error) };
  }
}

function foreignError(error: unknown): string | undefined {
  if (error instanceof NetlinkError || error instanceof SyscallError) return undefined;
  if (!(error instanceof NetlinkProtocolError)) return `it throws ${error}`;
  const { cause } = error;
  return cause instanceof RangeError || cause instanceof TypeError ? `it runs into ${cause}` : undefined;
}

function answered(request: NetlinkMessage<unknown>): Decoder {
  return (datagrams) => new NetlinkSocket(fakeTransport(() => datagrams)).execute(request);
}

/** Events about a link, with somebody waiting for one; the look-up before and after is answered as recorded. */
function waited(datagrams: readonly Buffer[]): unknown {
  const events = fakeTransport(() => datagrams);
  events.send(Buffer.alloc(0));
  let looks = 0;
  const until = (): boolean => {
    looks += 1;
    return looks > 1;
  };
  const link = { ifindex: 3, deadlineMs: performance.now() + 1000, until };
  return waitForLink(events, answeringAs(PORT), link);
}

function answeringAs(replies: readonly Buffer[]): NetlinkSocket {
  const transport = fakeTransport((request) => {
    const sequence = request.readUInt32LE(8);
    return [...replies.map((reply) => withSequence(reply, sequence)), acknowledgement(sequence)];
  });
  return new NetlinkSocket(transport);
}

/** A part of a decoded value that cannot be: an address of the wrong length, a number that is none. */
function malformedPart(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? undefined : `${value} is no number`;
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return undefined;
  if (isIp(value))
    return value.bytes.length === bytesOf(value.family)
      ? undefined
      : `an address of ${value.bytes.length} bytes`;
  if (isCidr(value) && value.prefixLength > 8 * bytesOf(value.ip.family))
    return `a prefix of ${value.prefixLength} bits`;
  const parts = value instanceof Map ? value.values() : Object.values(value);
  for (const part of parts) {
    const problem = malformedPart(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function bytesOf(family: unknown): number {
  return family === 4 ? 4 : 16;
}

function isIp(value: object): value is { family: unknown; bytes: Uint8Array } {
  return 'bytes' in value && value.bytes instanceof Uint8Array;
}

function isCidr(value: object): value is { ip: { family: unknown }; prefixLength: number } {
  return 'prefixLength' in value && 'ip' in value;
}
