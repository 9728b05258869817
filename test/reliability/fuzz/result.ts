import type { Chance } from './chance.ts';
import { type Json, junk, listOf, objectOf } from './junk.ts';
import { disturbed, type Entry, type Wildness } from './netconf.ts';

/** A result as another plugin prints it, or a runtime hands on as prevResult: of any version, right or nearly so. */
export function foreignResult(chance: Chance, wild: Wildness): Json {
  if (chance.is(wild.junkShare / 4)) return junk(chance);
  const version = chance.pick([
    '"0.1.0"',
    '"0.2.0"',
    '"0.3.1"',
    '"0.4.0"',
    '"1.0.0"',
    '"1.1.0"',
    '""',
    'null',
    '"9.9.9"',
  ]);
  const entries = /"0\.[12]/.test(version) ? addressCentred(chance) : current(chance);
  return objectOf(disturbed(chance, wild, [['cniVersion', version], ...entries, ['dns', dns(chance)]]));
}

/** What an IPAM plugin may print when it fails. */
export function foreignError(chance: Chance, wild: Wildness): Json {
  const entries: readonly Entry[] = [
    ['cniVersion', '"1.0.0"'],
    ['code', chance.pick(['0', '7', '11', '100', '1000', '4294967295', '4294967296', '-1', '"7"'])],
    ['msg', chance.pick(['"no addresses left"', '""', 'null', '"a\\nb"', '"\\ud800"', '7'])],
    ['details', chance.pick(['"full"', '""', 'null', '{}', '[]'])],
  ];
  return objectOf(disturbed(chance, wild, entries));
}

function current(chance: Chance): readonly Entry[] {
  const link = (): Json =>
    objectOf([
      ['name', chance.pick(['"plain0"', '"veth0"', '"net1"'])],
      ['mac', chance.pick(['"02:00:00:00:00:01"', '""', 'null'])],
      ['sandbox', chance.pick(['"/run/netns/pod"', '""', 'null'])],
    ]);
  const address = (): Json =>
    objectOf([
      ['version', '"4"'],
      ['address', cidr(chance)],
      ['gateway', chance.pick(['"10.20.1.1"', '""', 'null'])],
      ['interface', chance.pick(['0', '1', '2', '-0', 'null', '4294967295'])],
    ]);
  return [
    ['interfaces', listOf(chance.many(0, 3, link))],
    ['ips', listOf(chance.many(0, 3, address))],
    ['routes', listOf(chance.many(0, 2, () => route(chance)))],
  ];
}

function addressCentred(chance: Chance): readonly Entry[] {
  const family = (): Json =>
    objectOf([
      ['ip', cidr(chance)],
      ['gateway', chance.pick(['"10.20.1.1"', '"fd00::1"', '""'])],
      ['routes', listOf(chance.many(0, 2, () => route(chance)))],
    ]);
  return (['ip4', 'ip6'] as const).filter(() => chance.is(0.7)).map((key): Entry => [key, family()]);
}

function route(chance: Chance): Json {
  return objectOf([
    ['dst', chance.pick(['"0.0.0.0/0"', '"::/0"', '"10.30.0.0/16"', '"10.30.0.1/16"', '"nowhere"'])],
    ['gw', chance.pick(['"10.20.1.1"', '"fd00::1"', '""', 'null', '"nowhere"'])],
    ...(chance.is(0.2) ? [['priority', chance.pick(['7', '-1', '4294967296'])] as const] : []),
    ...(chance.is(0.2) ? [['table', chance.pick(['0', '100', '1.5'])] as const] : []),
  ]);
}

function cidr(chance: Chance): Json {
  const usual = `"10.20.${chance.below(255)}.${1 + chance.below(254)}/24"`;
  return chance.pick([
    usual,
    usual,
    usual,
    '"fd00:20::11/64"',
    '"10.20.1.11/32"',
    '"::ffff:10.0.0.7/120"',
    '"junk"',
    '""',
    '1',
  ]);
}

function dns(chance: Chance): Json {
  return chance.pick([
    '{}',
    'null',
    '{"nameservers":["10.20.1.1"]}',
    '{"search":[],"domain":""}',
    '{"options":[1]}',
  ]);
}
