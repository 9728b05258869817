import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const SCRIPTS = resolve(import.meta.dirname, '../../scripts');

/** In a new /run: the machine's is not touched. $1 is the folder of the scripts. */
const SCRIPT = `
  mount -t tmpfs -o mode=755 tmpfs /run &&
  mkdir -p '/run/a project' /run/hidden '/run/current folder/below' &&
  cp -r "$1" '/run/a project/scripts' &&
  cd '/run/current folder/below' &&
  . '/run/a project/scripts/shell/packages.sh' && . '/run/a project/scripts/shell/kernel.sh' &&
  on_this_kernel sh -c '
    pwd; ls .. "/run/a project"; [ -e /run/hidden ] || echo hidden
    echo written | tee result "/run/a project/result" >/run/own' &&
  cat result '/run/a project/result' && { [ -e /run/own ] || echo own; }`;

test('on_this_kernel shows a project and a current folder below /run, and nothing else of it', () => {
  const args = ['--mount', '--propagation', 'private', 'bash', '-c', SCRIPT, 'bash', SCRIPTS];
  const output = execFileSync('unshare', args, { encoding: 'utf8', timeout: 20_000 });
  expect(output.split('\n')).toEqual([
    '/run/current folder/below',
    '..:',
    'below',
    '',
    '/run/a project:',
    'scripts',
    'hidden',
    'written',
    'written',
    'own',
    '',
  ]);
});
