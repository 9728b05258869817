import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Cidr, parseCidr } from '../../../src/inet/cidr.ts';
import { hostTools } from '../../../src/plugin/masquerade/host-tools.ts';
import {
  attachMasquerade,
  chooseBackend,
  detachMasquerade,
  hasMasquerade,
} from '../../../src/plugin/masquerade/masquerade.ts';
import { hostEndOf } from '../../../src/plugin/state/attachment.ts';
import { readMasqueradeRecord } from '../../../src/plugin/state/masquerade-record.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';
import { temporaryRun } from '../temporary-run.ts';
import { folderWith } from './folder-with.ts';

const cidrs = [parseCidr('10.20.1.11/24') as Cidr];

describe('chooseBackend', () => {
  test.each([
    ['nftables where both are', undefined, ['nft', 'iptables'], 'nftables'],
    ['what is wanted, where both are', 'iptables', ['nft', 'iptables'], 'iptables'],
    ['what is wanted', 'nftables', ['nft'], 'nftables'],
  ] as const)('takes %s', (_what, wanted, programs, expected) => {
    expect(chooseBackend(wanted, folderWith(...programs))).toBe(expected);
  });
});

test.each([
  ['nftables', ['nft -f -'], ['nft -j list tables']],
  ['iptables', ['iptables-restore --noflush --wait'], ['iptables-save -t nat', 'ip6tables-save -t nat']],
] as const)('adds, finds and deletes the rules of %s by its own programs', (backend, adding, listing) => {
  const { searchPath, commands } = recordingPrograms({ 'nft -j list tables': '{"nftables": []}' });
  const run = temporaryRun();
  const record = { network: 'blue', containerId: 'pod', ifname: 'net1', backend };
  const hostEnd = hostEndOf(record);
  attachMasquerade(run, record, { cidrs, searchPath });
  expect(commands()).toEqual(adding);
  expect(readMasqueradeRecord(run, hostEnd)).toEqual(record);
  expect(hasMasquerade(backend, hostEnd, hostTools(searchPath))).toBe(false);
  expect(commands()).toEqual(listing);
  detachMasquerade(run, hostEnd, { backend, searchPath });
  expect(commands()).toEqual(listing);
  expect(readMasqueradeRecord(run, hostEnd)).toBeUndefined();
});

/** Programs of both packet filters that record their command lines and print what is given for them. */
function recordingPrograms(outputs: Readonly<Record<string, string>>): {
  readonly searchPath: string;
  /** The command lines since the last call. */
  readonly commands: () => readonly string[];
} {
  const searchPath = temporaryDirectory();
  const log = join(searchPath, 'log');
  const cases = Object.entries(outputs).map(([command, output]) => `'${command}') echo '${output}';;`);
  const script = [
    '#!/bin/sh',
    'command="$(basename "$0") $*"',
    `echo "$command" >>'${log}'`,
    `case "$command" in ${cases.join('\n')} esac`,
  ];
  for (const name of ['nft', ...['ip', 'ip6'].flatMap((ip) => [`${ip}tables-save`, `${ip}tables-restore`])])
    writeFileSync(join(searchPath, name), script.join('\n'), { mode: 0o755 });
  const commands = () => {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    rmSync(log);
    return lines;
  };
  return { searchPath, commands };
}
