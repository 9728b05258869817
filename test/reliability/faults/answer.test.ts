import { expect, test } from 'vitest';
import { add, call, check, del } from '../../helpers/pod.ts';
import { inject, traceCalls } from '../../helpers/strace.ts';
import { type AnswerTestbed, createAnswerTestbed } from '../answer-testbed.ts';
import { countCases } from '../cases.ts';
import { differences } from '../fault-testbed.ts';
import { isInjected } from '../system-calls.ts';

/** Started by a shell whose "$0" is the plugin, in mounts of its own; FOLDER is an empty folder. */
const stdouts = [
  ['is closed', 'exec "$0" >&-', 'EBADF'],
  [
    'is a pipe whose reader is gone',
    '/usr/bin/mkfifo FOLDER/pipe && exec 3<>FOLDER/pipe 4>FOLDER/pipe 3<&- && exec "$0" >&4',
    'EPIPE',
  ],
  [
    'is a full pipe that does not block',
    '/usr/bin/mkfifo FOLDER/pipe && exec 3<>FOLDER/pipe && { /bin/dd if=/dev/zero bs=4k count=99 oflag=nonblock 2>/dev/null; exec "$0"; } >&3',
    'EAGAIN',
  ],
  ['is a full device', 'exec "$0" >/dev/full', 'ENOSPC'],
  [
    'is on a disk that has room for a part of the answer',
    '/bin/mkdir FOLDER/disk && /bin/mount -t tmpfs -o size=4k tmpfs FOLDER/disk && cd FOLDER/disk && /usr/bin/head -c 4000 /dev/zero >f && exec "$0" >>f',
    'ENOSPC',
  ],
] as const;

test.each(stdouts)(
  'an ADD whose stdout %s fails, says so in a line on stderr and leaves nothing',
  async (_what, script, error) => {
    const testbed = await createAnswerTestbed();
    const before = await testbed.snapshot();
    const shell = script.replaceAll('FOLDER', testbed.folder);
    const by = ['/usr/bin/unshare', '--mount', '/bin/sh', '-c', shell];
    const { exitCode, stdout, stderr } = await call('ADD', testbed.pod, testbed.conf, {
      ...testbed.more,
      by,
    });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 1, stdout: '', stderr: lineWith(error) });
    expect(await testbed.snapshot()).toEqual(before);
    await worksNow(testbed, before);
  },
);

test('an ADD of which writing the answer fails leaves everything as it was', async (context) => {
  const testbed = await createAnswerTestbed();
  const before = await testbed.snapshot();
  const problems: string[] = [];
  for (const error of ERRORS) {
    const options = inject(testbed.answerWrite, `error=${error}`);
    const { output, lines } = await traceCalls(options, (by) =>
      call('ADD', testbed.pod, testbed.conf, { ...testbed.more, by: testbed.intoFile(...by) }),
    );
    expect(isInjected(lines)).toBe(true);
    const { exitCode, stderr } = output;
    expect({ exitCode, stdout: testbed.stdout(), stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: lineWith(error),
    });
    problems.push(...differences(before, await testbed.snapshot()).map((problem) => `${error}: ${problem}`));
  }
  expect(problems).toEqual([]);
  await worksNow(testbed, before);
  countCases(context, ERRORS.length, ERRORS.length);
});

const ERRORS = ['EPIPE', 'EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EAGAIN', 'EBADF', 'EPERM'];

test('a second ADD of a live pod that cannot answer does the pod no harm', async () => {
  const testbed = await createAnswerTestbed();
  const result = await add(testbed.pod, testbed.conf, testbed.more);
  const before = await testbed.snapshot();
  const by = ['/bin/sh', '-c', 'exec "$0" >/dev/full'];
  const output = await call('ADD', testbed.pod, testbed.conf, { ...testbed.more, by });
  expect(output).toMatchObject({ exitCode: 1, stdout: '', stderr: lineWith('ENOSPC') });
  expect(await testbed.snapshot()).toEqual(before);
  await check(testbed.pod, testbed.conf, result, testbed.more);
});

function lineWith(error: string): unknown {
  return expect.stringMatching(new RegExp(`^vlan-bridge: write "stdout": ${error} \\([^\\n]*\\n$`));
}

async function worksNow({ pod, conf, more, snapshot }: AnswerTestbed, before: object): Promise<void> {
  await check(pod, conf, await add(pod, conf, more), more);
  await del(pod, conf, more);
  expect(await snapshot()).toEqual(before);
}
