import { describe, expect, test } from 'vitest';
import { type AnswerStage, createAnswerStage } from '../../helpers/answer-stage.ts';
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
import { traceCalls } from '../../helpers/system-calls.ts';
import { marks } from '../../helpers/trunk.ts';

/** Where an ADD is killed that has done everything but answer, and whether its answer is out then. */
const places = {
  'as it is about to mark itself as one without an answer': [() => atCall('ftruncate', 1), false],
  'as it is about to write its answer': [
    ({ atWrite }: AnswerStage) => atWrite('signal=SIGKILL:when=1'),
    false,
  ],
  // The first unlink makes room for the record of the masquerade.
  'when its answer is out, before its mark is gone': [() => atCall('unlink', 2), true],
} as const;

function atCall(name: string, nth: number): readonly string[] {
  return [`--trace=${name}`, `--inject=${name}:signal=SIGKILL:when=${nth}`];
}

const plain = (address: string) => networkConf({ cniVersion: '1.1.0', ipam: staticIpam([address]) });

/** What a runtime does next: after each of them nothing is left but the address, of which IPAM hears by DEL alone. */
const nexts = {
  'its DEL': ({ pod, conf, more }: AnswerStage) => del(pod, conf, more),
  'an ADD of it, and DEL': async ({ pod, conf, more }: AnswerStage) => {
    // host-local gives an attachment one address: it refuses a second one.
    const keys = plain('10.20.1.99/24');
    await check(pod, keys, await add(pod, keys, more));
    await del(pod, conf, more);
  },
  GC: ({ pod }: AnswerStage) => callOfNetwork('GC', pod.node, plain('10.20.1.99/24')),
  'ADD and DEL of another pod': async ({ pod }: AnswerStage) => {
    const other = await createPod(pod.node);
    await add(other, plain('10.20.1.98/24'));
    await del(other, plain('10.20.1.98/24'));
  },
} as const;

describe.each(Object.entries(places))('an ADD that is killed %s', (_place, [wordsOf, answers]) => {
  test.each(Object.entries(nexts))('leaves nothing after %s', async (_next, next) => {
    const stage = await createAnswerStage();
    const { pod, conf, more } = stage;
    const before = await stage.look();
    const { lines } = await traceCalls(wordsOf(stage), (by) =>
      call('ADD', pod, conf, { ...more, by: stage.intoFile(...by) }),
    );
    expect(lines.at(-1)).toBe('+++ killed by SIGKILL +++');
    expect(stage.stdout() !== '').toBe(answers);
    expect(marks(pod.node)).toHaveLength(1);
    await next(stage);
    const { addresses } = before;
    expect({ ...(await stage.look()), addresses }).toEqual(before);
    await del(pod, conf, more);
    expect(await stage.look()).toEqual(before);
  });
});

test('an ADD whose mark cannot be removed has answered, and its pod lives on', async () => {
  const stage = await createAnswerStage();
  const { pod, conf, more } = stage;
  const options = ['--trace=unlink', '--inject=unlink:error=EBUSY:when=2'];
  const { output } = await traceCalls(options, (by) => call('ADD', pod, conf, { ...more, by }));
  expect(output).toMatchObject({ exitCode: 0, stderr: '' });
  expect(marks(pod.node)).toHaveLength(1);
  await nexts.GC(stage);
  expect(marks(pod.node)).toEqual([]);
  await check(pod, conf, output.json as object, more);
});
