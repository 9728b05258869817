import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import {
  AF_PACKET,
  recvfrom,
  SO_RCVTIMEO,
  SOCK_RAW,
  SOL_SOCKET,
  setsockopt,
  socket,
} from '../../src/sys/libc.ts';
import { closeNetns, openNetns, withNetns } from '../../src/sys/netns.ts';
import { sendFrames } from '../../src/sys/packet.ts';
import { temporaryNetns } from './temporary.ts';
import { thrownBy } from './thrown-by.ts';

test('sends whole frames in order out of the link with that index', () => {
  const path = vethPair();
  ip(path, 'link', 'set', 'left', 'up');
  ip(path, 'link', 'set', 'right', 'up');
  const netns = openNetns(path);
  const frames = [frame(60), frame(100)];
  const { receiver, received } = withNetns(netns, () => {
    const fd = receiverOf(EXPERIMENTAL);
    sendFrames(10, frames);
    return { receiver: fd, received: [receive(fd), receive(fd)] };
  });
  closeSync(receiver);
  closeNetns(netns);
  expect(received).toEqual(frames);
});

test('says that the link is down', () => {
  const netns = openNetns(vethPair());
  const error = thrownBy(() => withNetns(netns, () => sendFrames(10, [frame(60)])));
  closeNetns(netns);
  expect(error).toMatchObject({ message: 'sendto: ENETDOWN (network is down)' });
});

/** linux/if_ether.h ETH_P_802_EX1: the EtherType for local experiments, which no host answers. */
const EXPERIMENTAL = 0x88b5;

/** A network namespace with the links left (index 10) and right, both down. */
function vethPair(): string {
  const path = temporaryNetns();
  ip(path, 'link', 'add', 'left', 'index', '10', 'type', 'veth', 'peer', 'name', 'right');
  return path;
}

function ip(path: string, ...args: readonly string[]): void {
  execFileSync('ip', ['-n', basename(path), ...args]);
}

function frame(length: number): Buffer {
  const bytes = Buffer.alloc(length, length);
  bytes.write('ffffffffffff020000000001', 'hex');
  bytes.writeUInt16BE(EXPERIMENTAL, 12);
  return bytes;
}

/** A packet socket for what arrives with that EtherType on any link; what is sent it does not see. */
function receiverOf(etherType: number): number {
  const swapped = ((etherType & 0xff) << 8) | (etherType >> 8);
  const fd = socket(AF_PACKET, SOCK_RAW, swapped);
  const timeval = Buffer.alloc(16);
  timeval.writeBigInt64LE(2n, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval);
  return fd;
}

function receive(fd: number): Buffer {
  const buffer = Buffer.alloc(2000);
  return buffer.subarray(0, recvfrom(fd, buffer).length);
}
