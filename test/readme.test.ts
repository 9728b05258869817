import { readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { keyFigures, TITLE } from '../scripts/bench/readme.ts';
import { readRun } from '../scripts/bench/run.ts';
import { documentSection } from '../scripts/project/document.ts';
import { ROOT } from '../scripts/project/root.ts';
import { errorCode } from '../src/cni/error.ts';
import { vlanGatewayName } from '../src/plugin/config/netconf.ts';
import { readNetConf } from '../src/plugin/config/read.ts';
import { netConfSection } from '../src/plugin/config/schema.ts';
import { hostEndOf } from '../src/plugin/state/attachment.ts';
import { wantsVlans } from '../src/plugin/vlan/port-vlans.ts';
import { requestOf } from './helpers/request-of.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const MAX_LINES = 240;

type Document = {
  readonly kind?: string;
  readonly metadata?: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly config?: string };
};

type Plugin = { readonly type: string };
type NetworkList = {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Plugin[];
};

/** The fenced blocks of one language. */
function blocks(language: string): readonly string[] {
  return Array.from(
    readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm')),
    ([, body = '']) => body,
  );
}

/** Every YAML document of the README. @throws Error for one that is not YAML */
function yamlDocuments(): readonly Document[] {
  return blocks('yaml').flatMap((block) =>
    parseAllDocuments(block).map((document) => {
      if (document.errors.length > 0) throw new Error(document.errors.join('; '));
      return document.toJS();
    }),
  );
}

/** The sections of an INI file with their keys, for lines that are nothing else. @throws Error for any other line */
function parseIni(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> | undefined;
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, title] = /^\[([^\]]+)\]$/.exec(line) ?? [];
    const [, key, value] = /^([\w-]+)=(.+)$/.exec(line) ?? [];
    if (title !== undefined) {
      section = {};
      sections[title] = section;
    } else if (section !== undefined && key !== undefined && value !== undefined) section[key] = value;
    else throw new Error(`"${line}" is neither a section nor a key of one`);
  }
  return sections;
}

const documents = yamlDocuments();
const definitions = documents.filter(({ kind }) => kind === 'NetworkAttachmentDefinition');
const configs = definitions.map(({ spec, metadata }) => [metadata?.name ?? '', spec?.config ?? ''] as const);
const lists = blocks('json').map((block): NetworkList => JSON.parse(block));
/** The configuration of each plugin in a list, with what libcni adds to it. */
const listed = lists.flatMap(({ cniVersion, name, plugins }) =>
  plugins.map((plugin) => ({ cniVersion, name, ...plugin })),
);

/** The configuration as an ADD reads it. */
function confOf(config: object | string) {
  return readNetConf(requestOf(config, { args: 'IgnoreUnknown=1;IP=10.99.0.1/16' }));
}

describe('the recipes of the README', () => {
  test('are a definition for each way to get an address, and lists for runtimes without Multus', () => {
    const types = configs.map(([, config]) => JSON.parse(config).ipam?.type);
    expect(new Set(types)).toEqual(new Set(['static', 'host-local', 'dhcp', 'whereabouts', undefined]));
    expect(lists).toHaveLength(2);
  });

  test.each(configs)('have a definition that the plugin accepts: %s', (name, config) => {
    expect(wantsVlans(confOf(config))).toBe(true);
    expect(JSON.parse(config)).toMatchObject({ name, type: 'vlan-bridge' });
  });

  test.each(configs)('have a cniVersion that every Multus takes: %s', (_name, config) => {
    expect(['0.3.1', '0.4.0']).toContain(JSON.parse(config).cniVersion);
  });

  test('have no two definitions of one name', () => {
    const names = configs.map(([name]) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  test.each(listed.filter(({ type }) => type === 'vlan-bridge'))(
    'have a list that the plugin accepts: $name',
    (conf) => {
      expect(wantsVlans(confOf(conf))).toBe(true);
    },
  );

  test.each(lists)('have a list in which the plugin is the first: $name', ({ plugins }) => {
    expect(plugins[0]?.type).toBe('vlan-bridge');
  });

  test('have a pod on a network of theirs, with an address', () => {
    const networks = documents
      .filter(({ kind }) => kind === 'Pod')
      .flatMap(({ metadata }) => JSON.parse(metadata?.annotations?.['k8s.v1.cni.cncf.io/networks'] ?? '[]'));
    expect(networks).toEqual([{ name: 'vlan-2001', ips: ['10.20.1.11/24'] }]);
    expect(configs.map(([name]) => name)).toContain('vlan-2001');
  });
});

describe('the files for network managers in the README', () => {
  const [networkd = {}, manager = {}] = blocks('ini').map(parseIni);
  const { hostName } = hostEndOf({ network: 'a', containerId: 'b', ifname: 'net1' });
  const ours = ['trunk0', 'vlanbr0', vlanGatewayName('vlanbr0', 4094), hostName, 'vethg0123456789'];

  test('have systemd-networkd leave the links of the plugin alone, and no others', () => {
    const names = networkd.Match?.Name?.split(' ') ?? [];
    expect(ours.filter((link) => names.some((glob) => matchesGlob(link, glob)))).toEqual(ours);
    expect(names.filter((glob) => matchesGlob('eth0', glob))).toEqual([]);
    expect(networkd).toEqual({ Match: { Name: names.join(' ') }, Link: { Unmanaged: 'yes' } });
  });

  test('have NetworkManager leave the links of the plugin alone, and no others', () => {
    const { 'match-device': match = '', managed } = manager['device-vlan-bridge'] ?? {};
    const names = match.split(';').map((item) => item.replace(/^interface-name:/, ''));
    expect(ours.filter((link) => names.some((glob) => matchesGlob(link, glob)))).toEqual(ours);
    expect(names.filter((glob) => matchesGlob('eth0', glob))).toEqual([]);
    expect(managed).toBe('0');
  });

  test('have netplan give the uplink no address', () => {
    const [netplan] = documents.filter((document) => 'network' in document);
    expect(netplan).toEqual({
      network: {
        version: 2,
        ethernets: {
          trunk0: {
            match: { macaddress: expect.stringMatching(/^([\da-f]{2}:){5}[\da-f]{2}$/) },
            'set-name': 'trunk0',
            mtu: expect.any(Number),
            'link-local': [],
            optional: true,
          },
        },
      },
    });
  });

  test.each([
    ['no section', 'Name=trunk0\n'],
    ['no value', '[Match]\nName\n'],
  ])('are not read with a line of %s', (_what, text) => {
    expect(() => parseIni(text)).toThrow('is neither a section nor a key of one');
  });
});

describe('the README', () => {
  test('is short enough to be read', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_LINES);
  });

  test('lists every key of the configuration, and no others', () => {
    const table = readme.match(/^\| key \| default \| meaning \|\n([\s\S]*?)\n\n/m)?.[1] ?? '';
    const cells = Array.from(table.matchAll(/^\| (`[^|]+) \|/gm), ([, cell = '']) => cell);
    const keys = cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/g), ([, key = '']) => key));
    const others = ['args', 'runtimeConfig'];
    const known = Object.keys(netConfSection(true)).filter((key) => !others.includes(key));
    expect(keys.toSorted()).toEqual(known.toSorted());
  });

  test('lists every error code that the plugin has', () => {
    const listed = readme.match(/^\| code \| meaning \|\n([\s\S]*?)\n\n/m)?.[1] ?? '';
    const codes = Array.from(listed.matchAll(/^\| ([\d, ]+) \|/gm), ([, numbers = '']) =>
      numbers.split(',').map(Number),
    ).flat();
    const unused: readonly number[] = [errorCode.unknownContainer, errorCode.cannotAddAndImpaired];
    expect(codes).toEqual(Object.values(errorCode).filter((code) => !unused.includes(code)));
  });

  test('names scripts that exist', () => {
    const named = Array.from(readme.matchAll(/npm run (\w+)/g), ([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
  });

  test('has the figures of the run in test/fixtures/bench', () => {
    const recorded = join(import.meta.dirname, 'fixtures/bench/run.json');
    expect(documentSection('README.md', TITLE)).toBe(keyFigures(readRun(recorded)));
  });
});
