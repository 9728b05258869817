import type { Chance } from './chance.ts';
import { deep, type Json, junk, long } from './junk.ts';

/** The bytes of a document, most of them as they are, others with what happens to a file: cut, doubled, flipped, encoded badly. */
export function damaged(chance: Chance, document: Json, share: number): Buffer {
  const bytes = Buffer.from(document);
  return chance.is(share) ? chance.pick(DAMAGES)(chance, bytes) : bytes;
}

type Damage = (chance: Chance, bytes: Buffer) => Buffer;

const cut: Damage = (chance, bytes) => bytes.subarray(0, chance.below(bytes.length));

const flip: Damage = (chance, bytes) => {
  const flipped = Buffer.from(bytes);
  for (const at of chance.many(1, 4, () => chance.below(bytes.length)))
    flipped.writeUInt8(chance.below(256), at);
  return flipped;
};

const insert =
  (parts: readonly (string | Buffer)[]): Damage =>
  (chance, bytes) => {
    const at = chance.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(chance.pick(parts)), bytes.subarray(at)]);
  };

const around: Damage = (chance, bytes) => {
  const [before, after] = chance.pick<readonly [string, string]>([
    ['\ufeff', ''],
    ['', ' {}'],
    ['', '\0'],
    ['', bytes.toString()],
    ['', '\n]'],
    ['[', ']'],
    [' \n\t', '\r\n'],
    ['{"plugins":[', ']}'],
  ]);
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
};

/** The last key of the document gets a value that is deep or long. */
const swell: Damage = (chance, bytes) => {
  const keys = [
    'vlanTrunk',
    'bridge',
    'prevResult',
    'ipam',
    'dns',
    'uplink',
    'cniVersion',
    'name',
    'unknown',
    'args',
  ];
  const value = chance.is(0.03) ? long(chance) : deep(chance);
  return Buffer.concat([bytes.subarray(0, -1), Buffer.from(`,"${chance.pick(keys)}":${value}}`)]);
};

const replace: Damage = (chance) => {
  const whole = [
    '',
    ' ',
    '\0',
    'null',
    '[]',
    '{}',
    '""',
    '0',
    '{"":{}}',
    '{"cniVersion":1}',
    '{"name":{}}',
    'bridge: cni0',
  ];
  return Buffer.from(chance.is(0.5) ? chance.pick(whole) : junk(chance));
};

const DAMAGES: readonly Damage[] = [
  cut,
  flip,
  insert([
    '\0',
    '\ufeff',
    ',',
    '"',
    '\\',
    '\\u',
    '{',
    ']',
    '\u2028',
    '//',
    Buffer.from([0xff]),
    Buffer.from([0xed, 0xa0, 0x80]),
  ]),
  around,
  swell,
  replace,
];
