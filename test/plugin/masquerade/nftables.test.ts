import { describe, expect, test } from 'vitest';
import { type Cidr, parseCidr } from '../../../src/inet/cidr.ts';
import { addNftRules, delNftRules, hasNftRules } from '../../../src/plugin/masquerade/nftables.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { fakeTool } from './fake-tool.ts';

const hostEnd = { hostName: 'vethaaaaaaaaaaa' };
const cidrs = ['10.20.1.11/24', 'fd00:20::11/64'].map((text) => parseCidr(text) as Cidr);

const tables = JSON.stringify({
  nftables: [
    { metainfo: { version: '1.0.6', json_schema_version: 1 } },
    { table: { family: 'ip', name: 'vlan_bridge', handle: 1 } },
    { table: { family: 'inet', name: 'vlan_bridge', handle: 2 } },
  ],
});

/** What nft lists of a table with rules that have these handles and comments. */
function listed(...rules: readonly (readonly [handle: number, comment?: string])[]): string {
  const chain = { family: 'inet', table: 'vlan_bridge', name: 'postrouting', handle: 1, prio: 100 };
  const items = rules.map(([handle, comment]) => ({
    rule: { ...chain, chain: 'postrouting', handle, comment, expr: [] },
  }));
  return JSON.stringify({ nftables: [{ metainfo: {} }, { chain }, ...items] });
}

test('adds table, chain and a rule for each address in one go', () => {
  const { run, calls } = fakeTool({});
  addNftRules(hostEnd, cidrs, run);
  expect(calls).toEqual([
    {
      command: 'nft -f -',
      input: [
        'add table inet vlan_bridge',
        'add chain inet vlan_bridge postrouting { type nat hook postrouting priority 100; policy accept; }',
        'add rule inet vlan_bridge postrouting ip saddr 10.20.1.11 ip daddr != { 10.20.1.0/24, 224.0.0.0/4 } masquerade comment "vethaaaaaaaaaaa"',
        'add rule inet vlan_bridge postrouting ip6 saddr fd00:20::11 ip6 daddr != { fd00:20::/64, ff00::/8 } masquerade comment "vethaaaaaaaaaaa"',
        '',
      ].join('\n'),
    },
  ]);
});

describe('delNftRules', () => {
  test('deletes the rules with the name of the host end, and no others', () => {
    const list = listed([3, 'vethaaaaaaaaaaa'], [4], [5, 'vethbbbbbbbbbbb'], [6, 'vethaaaaaaaaaaa']);
    const { run, calls } = fakeTool({
      'nft -j list tables': tables,
      'nft -j -a list table inet vlan_bridge': list,
    });
    delNftRules(hostEnd, run);
    expect(calls.at(-1)).toEqual({
      command: 'nft -f -',
      input:
        'delete rule inet vlan_bridge postrouting handle 3\ndelete rule inet vlan_bridge postrouting handle 6\n',
    });
  });

  test.each([
    ['there are none', tables, listed([5, 'vethbbbbbbbbbbb'])],
    ['there is no table', '{"nftables": [{"table": {"family": "ip", "name": "vlan_bridge"}}]}', ''],
    ['there is nothing at all', '{"nftables": []}', ''],
  ])('changes nothing where %s', (_case, tableList, list) => {
    const { run, calls } = fakeTool({
      'nft -j list tables': tableList,
      'nft -j -a list table inet vlan_bridge': list,
    });
    delNftRules(hostEnd, run);
    expect(calls.filter(({ command }) => command === 'nft -f -')).toEqual([]);
  });
});

test.each([
  [listed([3, 'vethaaaaaaaaaaa']), true],
  [listed([3, 'vethaaaaaaaaaaab']), false],
  [listed(), false],
])('hasNftRules of %s is %s', (list, expected) => {
  const { run } = fakeTool({ 'nft -j list tables': tables, 'nft -j -a list table inet vlan_bridge': list });
  expect(hasNftRules(hostEnd, run)).toBe(expected);
});

test('output that is no list of nftables is an error', () => {
  const { run } = fakeTool({ 'nft -j list tables': '{"nftables": [{"table": {"family": 7}}]}' });
  expect(() => hasNftRules(hostEnd, run)).toThrow(
    'the output of nft is not understood: nftables[0].table.family: 7: must be a string; nftables[0].table.name: missing: must be a string',
  );
});

test('output that is no JSON is an error', () => {
  const { run } = fakeTool({ 'nft -j list tables': 'Segmentation fault' });
  expect(cniErrorOf(() => hasNftRules(hostEnd, run))).toMatchObject({
    code: 6,
    msg: 'the output of nft is not valid JSON',
  });
});
