import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new directory that goes away with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'vlan-bridge-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** The path of a new named network namespace that goes away with the test. Needs root. */
export function temporaryNetns(): string {
  const name = `vbtest-${randomBytes(4).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', name]);
  onTestFinished(() => {
    execFileSync('ip', ['netns', 'del', name]);
  });
  return `/run/netns/${name}`;
}
