import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Runs the function in a process that has a /run of its own, empty, so that what a real plugin keeps there is not touched, and
 * gives what it returns. The function must use nothing from outside of itself but its parameters: one that loads a module of
 * Node or one by its path below src, and what is given, which like the result travels as JSON. Needs root.
 */
export function inPrivateRun<Given>(fn: (load: never, given: Given) => unknown, given?: Given): unknown {
  const program = `
    const [source, given] = process.argv.slice(1);
    const load = (path) => import(path.startsWith('node:') ? path : source + '/' + path);
    const result = await (${fn})(load, JSON.parse(given));
    process.stdout.write(JSON.stringify(result ?? null));`;
  const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  const values = [join(import.meta.dirname, '../../src'), JSON.stringify(given ?? null)];
  const script = 'mount -t tmpfs -o mode=755 tmpfs /run && exec "$@"';
  const command = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', process.execPath];
  const output = execFileSync('unshare', [...command, ...options, ...values], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return JSON.parse(output);
}
