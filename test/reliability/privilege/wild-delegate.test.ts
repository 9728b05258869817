import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { soak } from '../../helpers/soak.ts';
import { createTestbed, plainConf, refusalIn, statesOf, succeedIn, type Testbed } from './testbed.ts';

/** An IPAM plugin that floods, forks or closes what it was given: the plugin stays small, and leaves nothing. */

/** Keeps its pid on ADD and, on DEL, how much memory the plugin that called it has had at the most. */
const PROGRAM = `#!/bin/sh
PATH=/usr/bin:/bin
if [ "$CNI_COMMAND" = DEL ]; then grep VmHWM "/proc/$PPID/status" >"$FOLDER/peak"; exit 0; fi
echo $$ >"$FOLDER/pid"
answer() { echo '{"cniVersion": "1.0.0", "ips": [{"address": "10.20.1.12/24"}]}'; }
gigabyte() { exec head -c 1000000000 "$1"; }
`;

let testbed: Testbed;
beforeEach(async () => {
  testbed = await createTestbed(onTestFinished);
});

/** Calls with an IPAM plugin that does this on ADD. */
function wild(lines: string, keys: object = {}) {
  writeFileSync(join(testbed.folder, 'wild'), `${PROGRAM}${lines}\n`, { mode: 0o755 });
  return { config: plainConf({ ipam: { type: 'wild' }, ...keys }), env: { FOLDER: testbed.folder } };
}

function kept(name: string): string {
  return readFileSync(join(testbed.folder, name), 'utf8');
}

/** Which of the processes that the IPAM plugin has kept the pids of are there; they are ended. */
function stillRunning(...names: string[]): string[] {
  const running = names.filter((name) => existsSync(`/proc/${kept(name).trim()}`));
  for (const name of running) process.kill(Number(kept(name)), 'SIGKILL');
  return running;
}

/** In MB; of a plugin that had DEL of IPAM run. */
function peakMemory(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(kept('peak')) ?? [];
  if (kilobytes === undefined) throw new Error('the peak of the memory was not kept');
  return Number(kilobytes) / 1000;
}

/** What a call may take; most of it is the engine's. */
const MAX_MB = 200;

describe.each([
  ['on stdout', 'gigabyte /dev/zero'],
  ['on stderr', 'gigabyte /dev/zero >&2'],
  ['on both', 'gigabyte /dev/zero >&2 & gigabyte /dev/zero'],
  ['on stderr after its answer', 'answer; gigabyte /dev/zero >&2'],
  ['of junk on stdout', 'gigabyte /dev/urandom'],
  ['of lines', 'yes "" | head -c 1000000000'],
])('an IPAM plugin that prints a gigabyte %s', (_what, lines) => {
  test('is killed, told of, called for DEL, and takes no memory', async () => {
    const before = await statesOf(testbed);
    const { code, msg, details = '' } = await refusalIn(testbed, 'ADD', wild(lines));
    expect({ code, msg }).toEqual({ code: 999, msg: 'plugin "wild" printed more than 4194304 bytes on ADD' });
    expect(details.length).toBeLessThanOrEqual(1000);
    expect(existsSync(`/proc/${kept('pid').trim()}`)).toBe(false);
    expect(peakMemory()).toBeLessThan(MAX_MB);
    expect(await statesOf(testbed)).toEqual(before);
  });
});

test('an IPAM plugin that prints just less than it may and fails takes no memory either', async () => {
  const before = await statesOf(testbed);
  const settings = wild('head -c 4000000 /dev/zero >&2; exit 3');
  const { msg } = await refusalIn(testbed, 'ADD', settings);
  expect(msg).toBe('plugin "wild" failed with exit code 3 on ADD');
  expect(peakMemory()).toBeLessThan(MAX_MB);
  expect(await statesOf(testbed)).toEqual(before);
});

test('an IPAM plugin that prints without end is killed with its children and theirs', async () => {
  const children = '(sleep 60 & echo $! >"$FOLDER/grandchild") & sleep 60 & echo $! >"$FOLDER/child"';
  const { code, msg } = await refusalIn(testbed, 'ADD', wild(`${children}; wait %1; exec yes`));
  expect({ code, msg }).toEqual({ code: 999, msg: 'plugin "wild" printed more than 4194304 bytes on ADD' });
  expect(stillRunning('child', 'grandchild')).toEqual([]);
});

test.each([
  ['prints its answer after 4,000,000 spaces', 'head -c 4000000 /dev/zero | tr "\\0" " "; answer'],
  ['closes its stdin, of which there are 300,000 bytes to read', 'exec <&-; answer'],
  ['leaves a child that keeps stdout open for a second', 'sleep 1 & answer'],
  ['leaves a child that keeps stderr open for a second', 'sleep 1 >/dev/null & answer'],
  ['leaves a child that has closed everything', 'sleep 60 <&- >&- 2>&- & answer'],
])('an IPAM plugin that %s is heard', async (_what, lines) => {
  const settings = wild(lines, { more: 'x'.repeat(300_000) });
  const { ips } = await succeedIn(testbed, 'ADD', settings);
  expect(ips).toEqual([{ address: '10.20.1.12/24', interface: 2 }]);
  await succeedIn(testbed, 'DEL', settings);
});

// Each takes the whole minute that an IPAM plugin has.
const endless = [
  ['never ends', 'trap \'\' TERM INT HUP; sleep 600 & echo $! >"$FOLDER/child"; exec sleep 600'],
  ['has ended, but for a child that keeps stdout open', 'sleep 600 & echo $! >"$FOLDER/child"; answer'],
] as const;
for (const [what, lines] of soak ? endless : []) {
  test(`an IPAM plugin that ${what} is given up after a minute, and leaves nothing`, async () => {
    const before = await statesOf(testbed);
    const { code, msg } = await refusalIn(testbed, 'ADD', wild(lines));
    expect({ code, msg }).toEqual({ code: 999, msg: 'plugin "wild" did not end within 60 s on ADD' });
    expect(stillRunning('pid', 'child')).toEqual([]);
    expect(peakMemory()).toBeLessThan(MAX_MB);
    expect(await statesOf(testbed)).toEqual(before);
  });
}

test.each([
  ['closes stdout and stderr', 'exec >&- 2>&-; exit 0', 6, 'plugin "wild" printed no result on ADD'],
  ['kills itself', 'kill -KILL $$', 999, 'plugin "wild" was ended by SIGKILL on ADD'],
  ['answers, and fails', 'answer; exit 1', 999, 'plugin "wild" failed with exit code 1 on ADD'],
])('an IPAM plugin that %s is called for DEL, and leaves nothing', async (_what, lines, code, msg) => {
  const before = await statesOf(testbed);
  const error = await refusalIn(testbed, 'ADD', wild(lines));
  expect({ code: error.code, msg: error.msg }).toEqual({ code, msg });
  expect(peakMemory()).toBeLessThan(MAX_MB);
  expect(await statesOf(testbed)).toEqual(before);
});
