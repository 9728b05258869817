import type { Chance } from './chance.ts';
import { type Json, junk, listOf, long, objectOf } from './junk.ts';

/** Makes the value of a key, one that is allowed in most cases. */
type Make = (chance: Chance) => Json;

/** Which share of the values is replaced by what is rarely allowed. */
export type Wildness = { readonly junkShare: number };

/** A network configuration as JSON: keys of ours in any order, some of them wrong, twice or in other letters. */
export function networkConfiguration(chance: Chance, wild: Wildness, more: readonly Entry[] = []): Json {
  const chosen = OPTIONAL.filter(([, , share]) => chance.is(share));
  const own = [...REQUIRED, ...chosen].map(([key, make]): Entry => [key, value(chance, wild, make)]);
  return objectOf(disturbed(chance, wild, [...own, ...more]));
}

/** A key and its value. */
export type Entry = readonly [key: string, value: Json];

/** The entries with some of them missing, doubled, spelled in other letters, or in another order. */
export function disturbed(
  chance: Chance,
  { junkShare }: Wildness,
  entries: readonly Entry[],
): readonly Entry[] {
  return entries.flatMap((entry): readonly Entry[] => {
    if (!chance.is(junkShare)) return [entry];
    const [key, content] = entry;
    const other: Entry = [
      chance.pick([key.toUpperCase(), key.toLowerCase(), `${key} `, key.slice(1)]),
      content,
    ];
    return chance.pick<readonly Entry[]>([
      [],
      [entry, [key, junk(chance)]],
      [[key, junk(chance)], entry],
      [other],
      [entry, other],
      [other, entry],
    ]);
  });
}

function value(chance: Chance, { junkShare }: Wildness, make: Make): Json {
  if (chance.is(junkShare / 2)) return chance.is(0.002) ? long(chance) : junk(chance);
  return make(chance);
}

const oneOf = (...values: readonly unknown[]): Make => {
  const written = values.map((each) => JSON.stringify(each));
  return (chance) => chance.pick(written);
};
const vid: Make = (chance) => String(1 + chance.below(4094));
const object = (...keys: readonly (readonly [key: string, make: Make, share?: number])[]): Make => {
  return (chance) =>
    objectOf(
      keys.filter(([, , share = 1]) => chance.is(share)).map(([key, make]): Entry => [key, make(chance)]),
    );
};
const list = (make: Make, most = 3): Make => {
  return (chance) => listOf(chance.many(0, most, () => make(chance)));
};

const octet: Make = (chance) => String(1 + chance.below(254));
const ip4: Make = (chance) => `10.${octet(chance)}.1.${octet(chance)}`;
const ip6: Make = (chance) =>
  `fd00:${chance.below(0xffff).toString(16)}::${(1 + chance.below(0xffff)).toString(16)}`;
const ip: Make = (chance) => (chance.is(0.7) ? ip4(chance) : ip6(chance));
const quoted = (make: Make): Make => {
  return (chance) => `"${make(chance)}"`;
};
const cidr: Make = (chance) => (chance.is(0.7) ? `"${ip4(chance)}/24"` : `"${ip6(chance)}/64"`);
const network: Make = (chance) =>
  chance.is(0.7) ? `"10.${octet(chance)}.0.0/16"` : `"fd00:${octet(chance)}::/32"`;
const mac: Make = (chance) => `"02:00:00:00:00:${(0x10 + chance.below(0xef)).toString(16)}"`;
const number = (end: number): Make => {
  return (chance) => String(chance.below(end));
};

const route = object(
  ['dst', network],
  ['gw', quoted(ip), 0.3],
  ['mtu', number(9000), 0.1],
  ['advmss', number(9000), 0.1],
  ['priority', number(1000), 0.2],
  ['table', number(300), 0.2],
  ['scope', number(254), 0.1],
);
const words = list(oneOf('10.20.1.1', 'example.org', 'ndots:2', ''));
const dns = object(
  ['nameservers', words, 0.7],
  ['domain', oneOf('example.org', ''), 0.5],
  ['search', words, 0.5],
  ['options', words, 0.3],
);
const address = object(['address', cidr], ['gateway', quoted(ip), 0.1]);
const addresses: Make = (chance) => listOf(chance.many(1, 3, () => address(chance)));
const ipam: Make = (chance) => {
  const type = chance.pick([
    'static',
    'static',
    'static',
    'static',
    'answers',
    'no-such-ipam',
    'killed',
    'ignores-stdin',
  ]);
  return object(
    ['type', oneOf(type)],
    ['addresses', addresses, type === 'static' ? 0.9 : 0.1],
    ['routes', list(route), 0.3],
    ['dns', dns, 0.2],
  )(chance);
};
const flag = oneOf(true, false, false, false, null);
const trunk: Make = (chance) => {
  const first = 1 + chance.below(4000);
  return chance.is(0.5) ? `{"id":${first}}` : `{"minID":${first},"maxID":${first + chance.below(90)}}`;
};
const vids: Make = (chance) =>
  chance.is(0.5)
    ? oneOf('all', 'attached')(chance)
    : listOf(chance.many(1, 4, () => chance.pick([vid(chance), '"200-210"', '"1-4094"'])));
const uplink: Make = (chance) =>
  chance.is(0.5)
    ? oneOf('wire0', 'nope0')(chance)
    : object(['link', oneOf('wire0', 'lo')], ['vids', vids, 0.7])(chance);
const ips = object(['ips', list(cidr), 0.5], ['mac', mac, 0.5]);

const REQUIRED: readonly (readonly [string, Make])[] = [
  [
    'cniVersion',
    oneOf(
      '0.1.0',
      '0.2.0',
      '0.3.0',
      '0.3.1',
      '0.4.0',
      '0.4.0',
      '1.0.0',
      '1.0.0',
      '1.0.0',
      '1.1.0',
      '1.1.0',
      '1.1.0',
    ),
  ],
  ['name', oneOf('blue', 'vlan-100', 'a.b_c-d')],
  ['type', oneOf('vlan-bridge')],
  ['bridge', oneOf('plain0', 'plain0', 'plain0', 'cni0', 'new0', 'wire0', 'lo', 'bridge-of-12')],
];

const OPTIONAL: readonly (readonly [key: string, make: Make, share: number])[] = [
  ['vlan', (chance) => (chance.is(0.2) ? '0' : vid(chance)), 0.3],
  ['vlanTrunk', list(trunk), 0.2],
  ['preserveDefaultVlan', flag, 0.1],
  ['vlanFiltering', oneOf('require', 'enable', null), 0.1],
  ['uplink', uplink, 0.1],
  ['mtu', oneOf(0, 68, 1280, 1500, 9000, 65535), 0.2],
  ['mac', mac, 0.2],
  ['isGateway', flag, 0.2],
  ['isDefaultGateway', flag, 0.2],
  ['forceAddress', flag, 0.1],
  ['ipMasq', flag, 0.1],
  ['ipMasqBackend', oneOf('nftables', 'iptables', ''), 0.1],
  ['hairpinMode', flag, 0.1],
  ['promiscMode', flag, 0.1],
  ['portIsolation', flag, 0.1],
  ['macspoofchk', flag, 0.05],
  ['enabledad', flag, 0.02],
  ['disableContainerInterface', flag, 0.05],
  ['dns', dns, 0.2],
  ['ipam', ipam, 0.85],
  ['runtimeConfig', ips, 0.1],
  ['args', object(['cni', ips]), 0.1],
  ['capabilities', object(['ips', flag], ['mac', flag]), 0.1],
  [
    'cni.dev/valid-attachments',
    list(object(['containerID', oneOf('pod', 'other')], ['ifname', oneOf('net1', 'eth0')])),
    0.1,
  ],
  ['cni.dev/attachments', list(object()), 0.05],
];
