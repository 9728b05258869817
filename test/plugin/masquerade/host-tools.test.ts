import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostTools } from '../../../src/plugin/masquerade/host-tools.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';
import { folderWith } from './folder-with.ts';

describe('hostTools', () => {
  test('takes no folder for a program', () => {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, 'nft'));
    const other = folderWith('nft');
    expect(hostTools(`${folder}:${other}`)('nft', [])).toContain(`${other}/nft`);
  });

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
