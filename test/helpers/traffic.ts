import { onTestFinished, vi } from 'vitest';
import { SyscallError } from '../../src/sys/libc.ts';
import { closeNetns, openNetns, withNetns } from '../../src/sys/netns.ts';
import { startBackground } from './background.ts';
import { showLink } from './links.ts';
import { exec, type Netns } from './netns.ts';
import { sendFrames } from './packet.ts';

/** Whether one ping, IPv4 or IPv6, is answered within two seconds. */
export function pings(from: Netns, address: string): Promise<boolean> {
  return answers(from, 'ping', ['-n', '-c', '1', '-W', '2', address]);
}

/**
 * Whether ARP requests out of this link are answered by the owner of the address. The requests ignore routes, so `false`
 * means that the link layers are separate.
 */
export function resolves(from: Netns, ifname: string, address: string): Promise<boolean> {
  return answers(from, 'arping', ['-f', '-c', '2', '-w', '2', '-I', ifname, address]);
}

/** Frames seen on a link, a line of `tcpdump -e` each. */
export type Capture = {
  /** Returns the lines up to the first one that matches. @throws Error with the lines when none matches within ten seconds */
  readonly until: (pattern: RegExp) => Promise<readonly string[]>;
};

/** Captures frames on a link, in both directions, until the test ends. It sees every frame sent after the promise is fulfilled. */
export async function capture(netns: Netns, ifname: string, filter: string): Promise<Capture> {
  const options = ['-n', '-e', '-t', '-l', '--immediate-mode', '-i', ifname, filter];
  const { printed } = startBackground(netns, ['tcpdump', ...options], onTestFinished);
  const until = (pattern: RegExp): Promise<readonly string[]> =>
    vi.waitFor(() => linesUntil(printed().split('\n'), pattern), { timeout: 10_000, interval: 20 });
  await until(/^listening on /);
  return { until };
}

function linesUntil(lines: readonly string[], pattern: RegExp): readonly string[] {
  const index = lines.findIndex((line) => pattern.test(line));
  if (index < 0) throw new Error(`no line like ${pattern} in:\n${lines.join('\n')}`);
  return lines.slice(0, index + 1);
}

/** Both commands exit with 1 when no answer arrived, and with 2 when the test is wrong: an address without a route, for example. */
async function answers(netns: Netns, command: string, args: readonly string[]): Promise<boolean> {
  try {
    await exec(netns, command, args);
    return true;
  } catch (error) {
    if ((error as { exitCode?: number }).exitCode === 1) return false;
    throw error;
  }
}

/** An Ethernet frame: addresses in colon form, EtherType, and what follows it. */
export type Frame = {
  readonly source: string;
  readonly destination: string;
  readonly type: number;
  readonly payload: Buffer;
};

/** Sends a frame out of a link, whatever its source address. */
export function sendFrame(netns: Netns, ifname: string, frame: Frame): Promise<void> {
  const macs = Buffer.from((frame.destination + frame.source).replaceAll(':', ''), 'hex');
  const bytes = Buffer.concat([macs, Buffer.of(frame.type >> 8, frame.type & 0xff), frame.payload]);
  return sendAll(netns, ifname, [bytes]);
}

/** Sends whole frames out of a link, one after the other. Frames that the other end drops are lost, as on a cable. */
export async function sendAll(netns: Netns, ifname: string, frames: readonly Buffer[]): Promise<void> {
  const { ifindex } = await showLink(netns, ifname);
  const opened = openNetns(netns.path);
  try {
    withNetns(opened, () => {
      for (const frame of frames) sendOrLose(ifindex, frame);
    });
  } finally {
    closeNetns(opened);
  }
}

/** A veth whose peer drops a frame returns ENOBUFS to the sender. */
function sendOrLose(ifindex: number, frame: Buffer): void {
  try {
    sendFrames(ifindex, [frame]);
  } catch (error) {
    if (!(error instanceof SyscallError) || error.code !== 'ENOBUFS') throw error;
  }
}
