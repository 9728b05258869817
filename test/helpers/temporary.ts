import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Creates a directory; it is removed at the end of the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'vlan-bridge-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Creates a named network namespace, which is removed at the end of the test, and returns its path. Needs root. */
export function temporaryNetns(): string {
  const name = `vbtest-${randomBytes(4).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', name]);
  onTestFinished(() => {
    execFileSync('ip', ['netns', 'del', name]);
  });
  return `/run/netns/${name}`;
}
