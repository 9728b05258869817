// The second half of scripts/wire/capture: turns the output of strace into fixtures.
// Usage: node scripts/wire/write-fixtures.ts RECORDINGS FIXTURES     Both are folders; RECORDINGS has a folder for each command.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';

const HEADER_LENGTH = 16;
const NLMSG_ERROR = 2;

type Datagram = { readonly sent: boolean; readonly fd: string; readonly bytes: Buffer };

const [recordings, fixtures] = process.argv.slice(2);
if (recordings === undefined || fixtures === undefined)
  throw new Error('usage: node scripts/wire/write-fixtures.ts RECORDINGS FIXTURES');
const iproute2 = /iproute2-([\d.]+)/.exec(execFileSync('ip', ['-V'], { encoding: 'utf8' }))?.[1];
mkdirSync(fixtures, { recursive: true });
for (const entry of readdirSync(recordings, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  const fixture = readRecording(join(recordings, entry.name));
  writeFileSync(join(fixtures, `${entry.name}.json`), `${JSON.stringify(fixture, null, 2)}\n`);
}

function readRecording(folder: string): Record<string, unknown> {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const trace = read('trace');
  const [type, nth = '1'] = read('type').split(':');
  const { request, replies } = findExchange(parseTrace(trace), Number(type), Number(nth));
  const netnsFd = /openat\([^\n]*"\/run\/netns\/peer"[^\n]* = (\d+)/.exec(trace)?.[1];
  const observe = read('observe');
  return {
    command: read('command'),
    kernel: release(),
    iproute2,
    ifindexes: { ...ifindexes(read('links-before')), ...ifindexes(read('links-after')) },
    ...(netnsFd === undefined ? {} : { netnsFd: Number(netnsFd) }),
    request: request.toString('hex'),
    replies: replies.map((bytes) => bytes.toString('hex')),
    ...(observe === '' ? {} : { observe, observed: JSON.parse(read('observed')) }),
  };
}

/** Every datagram in the order of the trace, read from the hexadecimal dumps after the calls. */
function parseTrace(trace: string): readonly Datagram[] {
  const calls = trace.split(/^(?=[a-z]+\()/m).filter((call) => !call.includes('MSG_PEEK'));
  return calls.flatMap((call) => {
    const [, verb = '', fd = ''] = /^(send|recv)(?:to|msg)\((\d+)/.exec(call) ?? [];
    const rows = [...call.matchAll(/^ \| [0-9a-f]{5,} {2}([0-9a-f ]{48}) /gm)].map(([, hex = '']) => hex);
    const bytes = Buffer.from(rows.join('').replaceAll(' ', ''), 'hex');
    return bytes.length === 0 ? [] : [{ sent: verb === 'send', fd, bytes }];
  });
}

/** The nth request of a type with all replies to it. iproute2 sends sequence 0 to probe what the kernel supports. */
function findExchange(datagrams: readonly Datagram[], type: number, nth: number) {
  const requests = datagrams.filter(
    ({ sent, bytes }) => sent && bytes.readUInt16LE(4) === type && bytes.readUInt32LE(8) !== 0,
  );
  const request = requests[nth - 1];
  if (request === undefined)
    throw new Error(`${requests.length} requests of type ${type}, wanted number ${nth}`);
  const later = datagrams.slice(datagrams.indexOf(request) + 1).filter(({ fd }) => fd === request.fd);
  const next = later.findIndex(({ sent }) => sent);
  const replies = later.slice(0, next === -1 ? undefined : next);
  if (replies.length === 0) throw new Error(`no reply to a request of type ${type}`);
  // Some of iproute2's requests end in zeros after the message.
  const [message = Buffer.alloc(0)] = splitDatagram(request.bytes);
  return { request: normalised(message), replies: replies.map(({ bytes }) => normalised(bytes)) };
}

function splitDatagram(datagram: Buffer): readonly Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_LENGTH) break;
    messages.push(datagram.subarray(at, at + length));
    at += (length + 3) & ~3;
  }
  return messages;
}

/** The datagram with sequence 1 and port 0 in the header of every message, and of the requests that errors repeat. */
function normalised(datagram: Buffer): Buffer {
  const bytes = Buffer.from(datagram);
  for (const message of splitDatagram(bytes)) {
    message.writeUInt32LE(1, 8);
    message.writeUInt32LE(0, 12);
    if (message.readUInt16LE(4) === NLMSG_ERROR) message.writeUInt32LE(1, HEADER_LENGTH + 4 + 8);
  }
  return bytes;
}

function ifindexes(links: string): Record<string, number> {
  const list: readonly { ifname: string; ifindex: number }[] = JSON.parse(links);
  return Object.fromEntries(list.map(({ ifname, ifindex }) => [ifname, ifindex]));
}
