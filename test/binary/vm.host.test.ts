import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../helpers/temporary.ts';

const SCRIPTS = resolve(import.meta.dirname, '../../scripts');
/** Of the guest: it starts and ends in five seconds. The first start on a machine also downloads the guest's kernel. */
const GUEST_TIMEOUT_S = 120;
const TEST_TIMEOUT_MS = 900_000;

/** Runs the command in a guest that is started from a copy of the scripts in `project`. */
function inGuest(project: string, cwd: string, command: readonly string[]) {
  cpSync(SCRIPTS, join(project, 'scripts'), { recursive: true });
  const args = ['--timeout', `${GUEST_TIMEOUT_S}`, '--', ...command];
  const { status, stdout, stderr } = spawnSync(join(project, 'scripts/vm'), args, { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test(
  'the guest shows a project and a current folder below /tmp at their paths, and writes to them',
  () => {
    const project = join(temporaryDirectory(), 'a project');
    const current = temporaryDirectory();
    const hidden = temporaryDirectory();
    mkdirSync(project);
    writeFileSync(join(current, 'from the machine'), '');
    const script = 'pwd; ls; [ ! -e "$2" ] && echo hidden; echo written | tee here "$1/there" >/tmp/lost';
    const ended = inGuest(project, current, ['sh', '-c', script, 'sh', project, hidden]);
    expect(ended).toMatchObject({ status: 0, stdout: `${current}\nfrom the machine\nhidden\n` });
    expect([join(current, 'here'), join(project, 'there')].map((file) => readFileSync(file, 'utf8'))).toEqual(
      ['written\n', 'written\n'],
    );
  },
  TEST_TIMEOUT_MS,
);

test.each(['/tmp', '/run'])('%s as the current folder is refused: it has other files in the guest', (cwd) => {
  const { status, stderr } = inGuest(temporaryDirectory(), cwd, ['true']);
  const said = `vm: the guest has its own files in "${cwd}": change to another folder\n`;
  expect({ status, stderr }).toEqual({ status: 1, stderr: said });
});
