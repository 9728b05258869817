import type { Chance } from './chance.ts';

/** JSON as text: what is written matters, `1e2` and `100` are not the same input. */
export type Json = string;

/** A JSON object of keys and values; a key may be there more than once. */
export function objectOf(entries: readonly (readonly [key: string, value: Json])[]): Json {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

/** A JSON list. */
export function listOf(items: readonly Json[]): Json {
  return `[${items.join(',')}]`;
}

/** A value that is rarely allowed anywhere. */
export function junk(chance: Chance): Json {
  const kind = chance.below(10);
  if (kind < 3) return chance.pick(NUMBERS);
  if (kind < 6) return text(chance);
  if (kind < 8) return chance.pick(['null', 'true', 'false', '[]', '{}', '[null]', '[[]]', '{"":null}']);
  if (kind < 9) return listOf(chance.many(1, 3, () => junk(chance)));
  return objectOf(chance.many(1, 3, () => [chance.pick(WORDS), junk(chance)] as const));
}

/** A string of JSON that is rarely allowed anywhere. */
export function text(chance: Chance): Json {
  if (chance.is(0.2)) return chance.pick(ESCAPES);
  if (chance.is(0.05)) return JSON.stringify(chance.pick(WORDS).repeat(1 + chance.below(5000)));
  return JSON.stringify(chance.pick(WORDS));
}

/** Lists and objects in each other, some of them deeper than an engine's stack. */
export function deep(chance: Chance): Json {
  const depth =
    chance.pick([10, 100, 1000, 1500, 2000, 2500, 3000, 5000, 10_000, 50_000]) + chance.below(500);
  const [open, close] = chance.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[0,', ']'],
    ['{"ipam":', '}'],
  ] as const);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

/** A list so long that a document gets some 100 kB or 1 MB of it. */
export function long(chance: Chance): Json {
  const items = [
    '0',
    '{}',
    '{"id":0}',
    '{"id":7}',
    '"10.20.1.11/24"',
    '{"minID":1,"maxID":4094}',
    '"1-4094"',
    '""',
  ];
  const item = chance.pick(items);
  const bytes = chance.pick([10_000, 10_000, 10_000, 100_000, 100_000, 1_000_000]);
  return `[${`${item},`.repeat(Math.floor(bytes / (item.length + 1)))}${chance.pick([item, 'null'])}]`;
}

const NUMBERS = [
  ...['0', '-0', '1', '-1', '2', '7', '100', '4094', '4095', '4096', '65535', '65536', '2147483648'],
  ...['4294967295', '4294967296', '9007199254740991', '9007199254740993', '-9223372036854775808'],
  ...['1.5', '100.0', '1e2', '1E400', '-1e-400', '0.1', '123456789012345678901234567890'],
];

/** Strings by their JSON: halves of surrogate pairs, zero bytes, controls, text that turns direction. */
const ESCAPES = [
  ...[
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"a\\ud83d"',
    '"\\u0000"',
    '"net1\\u0000"',
    '"\\u0000/24"',
    '"\\u001b[2J"',
  ],
  ...['"\\ufeff"', '"\\u202e"', '"\\uffff"', '"\\n"', '"\\t1"', '"\\u0031\\u0030"', '"\\/"'],
];

const WORDS = [
  ...['', ' ', '.', '..', '/', '../../etc', 'a', 'A', '0', '-1', '1', 'true', 'null', '%d', '%s%n', 'net 1'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
    'é',
    '日本',
    '😀',
    'ﬀ',
    'İ',
    'ſ',
    'K',
  ],
  ...['10.20.1.11', '10.20.1.11/', '/24', '10.20.1.011/24', '10.20.1.11/33', '10.20.1.11/-1', '10.20.1/24'],
  ...[
    '::',
    '::/0',
    ':::',
    '1::2::3/64',
    '::ffff:10.0.0.1/95',
    'fe80::1%eth0/64',
    '0.0.0.0/0',
    '255.255.255.255/32',
  ],
  ...['02:00:00:00:00:0g', '01:00:5e:00:00:01', '00:00:00:00:00:00', '02-00-00-00-00-01', 'ffff.ffff.ffff'],
  ...[
    '1-4094',
    '4094-1',
    '0-1',
    '1-',
    '-1',
    '1-99999',
    'all',
    'attached',
    'require',
    'nftables',
    'static',
    'dhcp',
  ],
  ...[
    'a-name-of-more-than-fifteen-bytes',
    'abcdefghijklmno',
    'abcdefghijklmnop',
    'tab\there',
    'nul\0byte',
    '\u0085',
  ],
];
