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
  'as it is about to mark itself as one without an answer': [() => ({ name: 'ftruncate', nth: 1 }), false],
  'as it is about to write its answer': [({ answerWrite }: AnswerTestbed) => answerWrite, false],
  // The first unlink makes room for the record of the masquerade.
  'when its answer is out, before its mark is gone': [() => ({ name: 'unlink', nth: 2 }), true],
} as const;

const plain = (address: string) => networkConf({ cniVersion: '1.1.0', ipam: staticIpam([address]) });

/** What a runtime does next: after each of them nothing is left but the address, of which IPAM hears by DEL alone. */
const nexts = {
  'its DEL': ({ pod, conf, more }: AnswerTestbed) => del(pod, conf, more),
  'an ADD of it, and DEL': async ({ pod, conf, more }: AnswerTestbed) => {
    // host-local gives an attachment one address: it refuses a second one.
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
      expect(testbed.stdout()).toEqual(isAnswered ? expect.stringMatching(/^\{"cniVersion".*\}\n$/s) : '');
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

test('an ADD whose mark cannot be removed has answered, and its pod lives on', async () => {
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
