import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorCode } from '../src/cni/error.ts';
import { readNetConf } from '../src/plugin/config/read.ts';
import { requestOf } from './helpers/request-of.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The fenced blocks of one language. */
function blocks(language: string): string[] {
  return Array.from(
    readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm')),
    ([, body = '']) => body,
  );
}

/** The network configurations that readers are told to copy: JSON blocks, NetworkAttachmentDefinitions, and what is echoed by hand. */
const configurations = [
  ...blocks('json'),
  ...blocks('yaml').flatMap((block) =>
    Array.from(block.matchAll(/config: \|\n((?: {4}.*\n)+)/g), ([, body = '']) => body),
  ),
  ...blocks('sh').flatMap((block) => Array.from(block.matchAll(/echo '([^']+)'/g), ([, body = '']) => body)),
];

describe('the README', () => {
  test('has a configuration in each of the three forms', () => {
    expect(configurations.length).toBeGreaterThanOrEqual(3);
  });

  test.each(configurations)('shows a configuration that is accepted: %s', (config) => {
    const request = requestOf(config, { args: 'IgnoreUnknown=1;IP=10.99.0.1/16' });
    expect(readNetConf(request).vlan).toBeGreaterThan(0);
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
});
