import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../helpers/temporary.ts';

/** A folder with executables of these names that print how they were called. */
export function folderWith(...names: readonly string[]): string {
  const folder = temporaryDirectory();
  for (const name of names) {
    const file = join(folder, name);
    writeFileSync(file, '#!/bin/sh\necho "$0 $*, PATH=$PATH, input $(cat)"\n');
    chmodSync(file, 0o755);
  }
  return folder;
}
