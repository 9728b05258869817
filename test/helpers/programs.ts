import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary.ts';

/** A directory with an executable of that name, made of these lines of shell; removed at the end of the test. */
export function folderWithProgram(name: string, lines: string): string {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return folder;
}

/** `by` of a call that cannot run these programs of the host: a private mount hides each. They must be installed. */
export function withoutPrograms(...paths: readonly string[]): readonly string[] {
  const mounts = paths.map((path) => `/bin/mount --bind /dev/null ${path}`).join(' && ');
  return [
    '/usr/bin/unshare',
    '--mount',
    '--propagation',
    'private',
    '/bin/sh',
    '-c',
    `${mounts} && exec "$0"`,
  ];
}
