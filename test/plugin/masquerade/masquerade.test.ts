import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Cidr, parseCidr } from '../../../src/inet/cidr.ts';
import { hostTools } from '../../../src/plugin/masquerade/host-tools.ts';
import { chooseBackend, hasMasquerade } from '../../../src/plugin/masquerade/masquerade.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';
import { fakeTool } from './fake-tool.ts';

const hostEnd = { hostName: 'vethaaaaaaaaaaa' };
const cidrs = [parseCidr('10.20.1.11/24') as Cidr];

/** A folder with executables of these names that print how they were called. */
function folderWith(...names: readonly string[]): string {
  const folder = temporaryDirectory();
  for (const name of names) {
    const file = join(folder, name);
    writeFileSync(file, '#!/bin/sh\necho "$0 $*, PATH=$PATH, input $(cat)"\n');
    chmodSync(file, 0o755);
  }
  return folder;
}

describe('chooseBackend', () => {
  test.each([
    ['nftables where both are', undefined, ['nft', 'iptables'], 'nftables'],
    ['what is wanted, where both are', 'iptables', ['nft', 'iptables'], 'iptables'],
    ['what is wanted', 'nftables', ['nft'], 'nftables'],
  ] as const)('takes %s', (_what, wanted, programs, expected) => {
    expect(chooseBackend(wanted, folderWith(...programs))).toBe(expected);
  });

  test('takes no folder for a program', () => {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, 'nft'));
    const other = folderWith('nft');
    expect(hostTools(`${folder}:${other}`)('nft', [])).toContain(`${other}/nft`);
  });
});

describe('hostTools', () => {
  test('runs the first program of that name, with the folders of programs for its whole environment', () => {
    const [first, second] = [folderWith('other'), folderWith('tool')];
    const output = hostTools(`relative::${first}:${second}`)('tool', ['-f', '-'], 'text');
    const usual = '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin';
    expect(output).toBe(`${second}/tool -f -, PATH=${first}:${second}:${usual}, input text\n`);
  });

  test('tells of a program that is not there, of one that fails, and what it said', () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'tool'), '#!/bin/sh\necho no >&2\nexit 4\n', { mode: 0o755 });
    expect(cniErrorOf(() => hostTools(folder)('tool', ['-j']))).toEqual({
      code: 999,
      msg: '"tool -j" failed with exit code 4',
      details: 'no',
    });
    expect(cniErrorOf(() => hostTools(folder)('no-such-tool', []))).toMatchObject({
      code: 999,
      msg: expect.stringMatching(/^cannot find "no-such-tool" in .*:\/usr\/sbin:/),
    });
  });
});

test.each([
  ['nftables', ['nft -f -'], ['nft -j list tables']],
  ['iptables', ['iptables-restore --noflush --wait'], ['iptables-save -t nat', 'ip6tables-save -t nat']],
] as const)(
  'the rules of %s are made, found and taken away by its own programs',
  (backend, adding, listing) => {
    const outputs = { 'nft -j list tables': '{"nftables": []}' };
    const commandsOf = (act: (run: ReturnType<typeof fakeTool>['run']) => void): string[] => {
      const { run, calls } = fakeTool(outputs);
      act(run);
      return calls.map(({ command }) => command);
    };
    expect(commandsOf((run) => addMasquerade(backend, hostEnd, cidrs, run))).toEqual(adding);
    expect(commandsOf((run) => expect(hasMasquerade(backend, hostEnd, run)).toBe(false))).toEqual(listing);
    expect(commandsOf((run) => delMasquerade(backend, hostEnd, run))).toEqual(listing);
  },
);
