import { describe, expect, test } from 'vitest';
import { linkNames } from '../../helpers/links.ts';
import {
  add,
  call,
  callOfNetwork,
  check,
  createPod,
  del,
  networkConf,
  staticIpam,
} from '../../helpers/pod.ts';
import { inject, killAt, traceCalls } from '../../helpers/strace.ts';
import { marks } from '../../helpers/trunk.ts';
import { type AnswerTestbed, createAnswerTestbed } from '../answer-testbed.ts';

/** Where to kill an ADD that has done everything but answer, and whether its answer is written by then. */
const positions = {
  'before it marks itself as unanswered': [() => ({ name: 'fchmod', nth: 1 }), false],
  'before it writes its answer': [({ answerWrite }: AnswerTestbed) => answerWrite, false],
  // The first unlink belongs to the record of the masquerade.
  'after its answer, before it removes its mark': [() => ({ name: 'unlink', nth: 2 }), true],
} as const;

const plain = (address: string) => networkConf({ cniVersion: '1.1.0', ipam: staticIpam([address]) });

/** The next call of a runtime. Only the address is left after each: IPAM releases it at DEL. */
const nexts = {
  'its DEL': ({ pod, conf, more }: AnswerTestbed) => del(pod, conf, more),
  'another ADD of it, and DEL': async ({ pod, conf, more }: AnswerTestbed) => {
    // host-local refuses a second address for an attachment.
    const keys = plain('10.20.1.99/24');
    await check(pod, keys, await add(pod, keys, more));
    await del(pod, conf, more);
  },
  GC: ({ pod }: AnswerTestbed) => callOfNetwork('GC', pod.node, plain('10.20.1.99/24')),
  'ADD and DEL of another pod': async ({ pod }: AnswerTestbed) => {
    const other = await createPod(pod.node);
    await add(other, plain('10.20.1.98/24'));
    await del(other, plain('10.20.1.98/24'));
  },
} as const;

describe.each(Object.entries(positions))(
  'an ADD that is killed %s',
  (_position, [positionIn, isAnswered]) => {
    test.each(Object.entries(nexts))('leaves nothing after %s', async (_next, next) => {
      const testbed = await createAnswerTestbed();
      const { pod, conf, more } = testbed;
      const before = await testbed.snapshot();
      const { wasKilled } = await killAt(positionIn(testbed), (by) =>
        call('ADD', pod, conf, { ...more, by: testbed.intoFile(...by) }),
      );
      expect(wasKilled).toBe(true);
      const printed = testbed.stdout();
      expect(printed === '' ? undefined : JSON.parse(printed)).toEqual(
        isAnswered ? expect.any(Object) : undefined,
      );
      expect(marks(pod.node)).toHaveLength(1);
      expect(await linkNames(pod.netns)).toEqual(['net1']);
      await next(testbed);
      const { addresses } = before;
      expect({ ...(await testbed.snapshot()), addresses }).toEqual(before);
      await del(pod, conf, more);
      expect(await testbed.snapshot()).toEqual(before);
    });
  },
);

test('an ADD that cannot remove its mark has answered, and GC keeps its pod', async () => {
  const testbed = await createAnswerTestbed();
  const { pod, conf, more } = testbed;
  const options = inject({ name: 'unlink', nth: 2 }, 'error=EBUSY');
  const { output } = await traceCalls(options, (by) => call('ADD', pod, conf, { ...more, by }));
  expect(output).toMatchObject({ exitCode: 0, stderr: '' });
  expect(marks(pod.node)).toHaveLength(1);
  await nexts.GC(testbed);
  expect(marks(pod.node)).toEqual([]);
  await check(pod, conf, output.json as object, more);
});
