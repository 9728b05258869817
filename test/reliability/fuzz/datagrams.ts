import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { acknowledgement, readFixture } from '../../helpers/wire.ts';
import type { Chance } from './chance.ts';

/** What the kernel answered to one request: datagrams. */
export type Recording = { readonly name: string; readonly datagrams: readonly Buffer[] };

/** Every recording of test/fixtures/wire that has an answer. */
export function recordings(): readonly Recording[] {
  const folder = fileURLToPath(new URL('../../fixtures/wire', import.meta.url));
  const names = readdirSync(folder).map((file) => file.replace('.json', ''));
  const all = names.sort().map((name) => {
    const { replies } = readFixture(name);
    // ip asks for a link without asking for an acknowledgement; the plugin does.
    return { name, datagrams: name.startsWith('get-link') ? [...replies, acknowledgement(1)] : replies };
  });
  return all.filter(({ datagrams }) => datagrams.length > 0);
}

/** The recorded answer with one to four things wrong in it; now and then with none. */
export function mutated(
  chance: Chance,
  { datagrams }: Recording,
  others: readonly Recording[],
): readonly Buffer[] {
  const changed = datagrams.map((datagram) => {
    const times = chance.pick([0, 1, 1, 1, 2, 4]);
    let bytes: Buffer = Buffer.from(datagram);
    for (let count = 0; count < times && bytes.length > 0; count += 1) {
      bytes = chance.pick(MUTATIONS)(chance, bytes, others);
    }
    return bytes;
  });
  return chance.is(0.05) ? [...changed, ...changed].slice(chance.below(2)) : changed;
}

/** Changes a copy of the bytes, or gives others. */
type Mutation = (chance: Chance, bytes: Buffer, others: readonly Recording[]) => Buffer;

const flip: Mutation = (chance, bytes) => {
  bytes.writeUInt8(chance.pick([0, 1, 0x7f, 0x80, 0xff, chance.below(256)]), chance.below(bytes.length));
  return bytes;
};

const cut: Mutation = (chance, bytes) => bytes.subarray(0, chance.below(bytes.length));

/** Attributes begin at multiples of four bytes with their length: half of these hit one. */
const wrongLength: Mutation = (chance, bytes) => {
  if (bytes.length < 4) return bytes;
  const at = 4 * chance.below(Math.floor(bytes.length / 4));
  const length = bytes.readUInt16LE(at);
  bytes.writeUInt16LE(
    chance.pick([0, 1, 3, 4, 5, 6, 8, 0xffff, length + 4, length + 1, Math.max(0, length - 1)]) & 0xffff,
    at,
  );
  return bytes;
};

const wrongType: Mutation = (chance, bytes) => {
  const at = 4 * chance.below(Math.floor(bytes.length / 4));
  if (at + 4 <= bytes.length)
    bytes.writeUInt16LE(chance.pick([chance.below(64), 0x8000 | chance.below(64)]), at + 2);
  return bytes;
};

const wrongNumber: Mutation = (chance, bytes) => {
  const at = 4 * chance.below(Math.floor(bytes.length / 4));
  if (at + 4 <= bytes.length)
    bytes.writeUInt32LE(chance.pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff]), at);
  return bytes;
};

/** The header of the first message: its length, type (2 is an error, 3 the end of a list), flags or sequence number. */
const wrongHeader: Mutation = (chance, bytes) => {
  if (bytes.length < 16) return bytes;
  chance.pick([
    () => bytes.writeUInt32LE(chance.pick([0, 15, 16, bytes.length, bytes.length + 1, chance.below(200)]), 0),
    () => bytes.writeUInt16LE(chance.below(5), 4),
    () => bytes.writeUInt16LE(chance.pick([0, 0x10, 0x100, 0x200, 0x300]), 6),
    () => bytes.writeUInt32LE(chance.below(3), 8),
  ])();
  return bytes;
};

const takeOut: Mutation = (chance, bytes) => {
  const at = 4 * chance.below(Math.floor(bytes.length / 4));
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 4 * (1 + chance.below(8)))]);
};

const putIn: Mutation = (chance, bytes, others) => {
  const [other = bytes] = chance.pick(others).datagrams;
  const from = 4 * chance.below(Math.floor(other.length / 4));
  const part = other.subarray(from, from + 4 * (1 + chance.below(16)));
  const at = 4 * chance.below(Math.floor(bytes.length / 4));
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
};

/** The whole becomes the one message that it says it is: what was put in or taken out counts. */
const fitHeader: Mutation = (_chance, bytes) => {
  if (bytes.length >= 16) bytes.writeUInt32LE(bytes.length, 0);
  return bytes;
};

const MUTATIONS = [
  flip,
  flip,
  cut,
  wrongLength,
  wrongLength,
  wrongType,
  wrongNumber,
  wrongHeader,
  takeOut,
  putIn,
  fitHeader,
];
