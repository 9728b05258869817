import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtureBin } from '../../helpers/recorded.ts';
import type { ExecutableOutput } from '../../helpers/run-executable.ts';
import { seed, soak } from '../../helpers/soak.ts';
import { countCases } from '../cases.ts';
import { type Call, madeUpCall, type PathChoices } from '../fuzz/call.ts';
import { chanceOf } from '../fuzz/chance.ts';
import { savedCalls } from '../fuzz/corpus.ts';
import { answerProblems } from '../fuzz/reply.ts';
import { createTestbed, type Testbed } from './testbed.ts';

/** Made-up calls of the built executable: it answers all of them as CNI wants it, and leaves nothing of those that it refuses. */

const INPUTS = 2500 * (soak ? 10 : 1);
const BATCHES = 10;
/** Two processors are all that some machines have. */
const LANES = [0, 1];

const folder = join(tmpdir(), `vlan-bridge-inputs-${process.pid}`);
/** How far the calls came. */
const counts = { added: 0, beyondParser: 0 };

beforeAll(() => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.for(savedCalls())('what was once answered badly is answered well: $name', async (call) => {
  const testbed = await createTestbed();
  const before = await testbed.state();
  const output = await testbed.run(call);
  expect(problemsOf(call, output)).toEqual([]);
  expect(output.exitCode).toBe(1);
  expect(await testbed.state()).toEqual(before);
});

describe(`with VLAN_BRIDGE_SEED=${seed}`, () => {
  test.for(Array.from({ length: BATCHES }, (_, batch) => batch))(
    'made-up calls are answered as CNI wants it, and refusals leave nothing (%i)',
    async (batch, context) => {
      const testbeds = await Promise.all(LANES.map(() => createTestbed()));
      const ends = await Promise.allSettled(testbeds.map((testbed, lane) => runLane(testbed, lane, batch)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      countCases(context, INPUTS / BATCHES, INPUTS / BATCHES);
    },
  );

  test('a good part of the calls comes beyond the parser, and some succeed', () => {
    expect(counts.beyondParser / INPUTS).toBeGreaterThan(0.2);
    expect(counts.added / INPUTS).toBeGreaterThan(0.02);
  });
});

async function runLane(testbed: Testbed, lane: number, batch: number): Promise<void> {
  const before = await testbed.state();
  for (let index = batch; index < INPUTS; index += BATCHES) {
    if (Math.floor(index / BATCHES) % LANES.length === lane) await tryInput(testbed, index);
  }
  expect(await testbed.state(), `batch ${batch} of seed ${seed}`).toEqual(before);
}

async function tryInput(testbed: Testbed, index: number): Promise<void> {
  const call = madeUpCall(chanceOf(seed, index), pathChoicesOf(testbed));
  const before = testbed.quickState();
  const output = await testbed.run(call);
  const what = `input ${index} of seed ${seed}\n${described(call)}\n${JSON.stringify(output).slice(0, 2000)}`;
  expect(problemsOf(call, output), what).toEqual([]);
  if (isBeyondParser(output)) counts.beyondParser += 1;
  if (call.env.CNI_COMMAND === 'ADD' && output.exitCode === 0) await detach(testbed, call, what);
  expect(testbed.quickState(), what).toEqual(before);
}

/** What has been attached can be detached by the same call, whatever it was. */
async function detach(testbed: Testbed, call: Call, what: string): Promise<void> {
  counts.added += 1;
  const output = await testbed.run({ ...call, env: { ...call.env, CNI_COMMAND: 'DEL' } });
  expect(output, what).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  expect(await testbed.rules(), what).toEqual([]);
  await testbed.tidy();
}

function problemsOf({ env }: Call, output: ExecutableOutput): readonly string[] {
  const verb = env.CNI_COMMAND ?? '';
  // Without a verb it is started by a person, who is told what it is.
  if (verb === '') {
    const { exitCode, stdout, stderr } = output;
    const isTold = exitCode === 0 && stdout === '' && /^CNI vlan-bridge plugin v.*\n.*\n.*\n$/.test(stderr);
    return isTold ? [] : ['it does not say what it is'];
  }
  return [...answerProblems(output, verb), ...(output.stderr === '' ? [] : ['it writes on stderr'])];
}

/** Everything else is refused by what the call itself says. */
function isBeyondParser({ exitCode, stdout }: ExecutableOutput): boolean {
  return exitCode === 0 || (exitCode === 1 && ![1, 4, 5, 6, 7].includes(JSON.parse(stdout).code));
}

function pathChoicesOf({ node, pod }: Testbed): PathChoices {
  const wrong = [
    join(folder, 'file'),
    join(folder, 'missing'),
    folder,
    '/proc/self/ns/mnt',
    '/dev/null',
    node.path,
  ];
  return {
    netns: [...Array<string>(24).fill(pod.path), ...wrong],
    path: [fixtureBin, `/nope:${fixtureBin}`, fixtureBin, '/nope', ':', join(folder, 'file')],
  };
}

/** As a file of test/fixtures/fuzz/calls has it. */
function described({ env, stdin }: Call): string {
  return JSON.stringify({ env, stdin: [stdin.toString().slice(0, 4000)] });
}
