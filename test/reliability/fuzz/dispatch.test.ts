import { describe, expect, test, vi } from 'vitest';
import { dispatch } from '../../../src/cni/dispatch.ts';
import type { Run } from '../../../src/sys/program.ts';
import { fixtureBin } from '../../helpers/recorded.ts';
import { seed, soak } from '../../helpers/soak.ts';
import { countCases } from '../cases.ts';
import { type Call, madeUpCall } from './call.ts';
import { chanceOf } from './chance.ts';
import { savedCalls } from './corpus.ts';
import { countingHandlers } from './handlers.ts';
import { answerProblems } from './reply.ts';

/** Calls of the plugin in this process, up to where it would ask the kernel: what answers them is the whole protocol. */

// An IPAM plugin prints what the call says, without being run.
vi.mock('../../../src/sys/program.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  runProgram: ({ env }: Run) => {
    const exitCode = Number(env.EXIT_CODE ?? 0);
    const failure = exitCode === 0 ? undefined : `failed with exit code ${exitCode}`;
    return { stdout: env.REPLY ?? '', stderr: env.WORDS ?? '', failure, exitCode };
  },
}));

const INPUTS = 60_000 * (soak ? 10 : 1);
/** So that the file is a row of tests, and a failure stops one of them. */
const BATCHES = 20;
const places = { netns: ['/run/netns/pod'], path: [fixtureBin, `/nope:${fixtureBin}`, '/nope'] };

const counts = { configurations: 0, accepted: 0 };
const handlers = countingHandlers(counts);

test.each(savedCalls())('what was once answered badly is answered well: $name', (call) => {
  expect(problemsOf(call)).toEqual([]);
});

describe(`with VLAN_BRIDGE_SEED=${seed}`, () => {
  test.for(Array.from({ length: BATCHES }, (_, batch) => batch))(
    'made-up calls are answered as CNI wants it (%i)',
    (batch, context) => {
      for (let index = batch; index < INPUTS; index += BATCHES) {
        const call = madeUpCall(chanceOf(seed, index), places);
        const problems = problemsOf(call);
        if (problems.length === 0) continue;
        const stdin = call.stdin.toString().slice(0, 4000);
        expect.fail(
          `input ${index} of seed ${seed}: ${problems.join('; ')}\n${JSON.stringify({ env: call.env, stdin: [stdin] })}`,
        );
      }
      countCases(context, INPUTS / BATCHES, INPUTS / BATCHES);
    },
  );

  test('a good part of the configurations is right, and a good part is not', () => {
    const share = counts.accepted / INPUTS;
    expect(share).toBeGreaterThan(0.2);
    expect(counts.accepted / counts.configurations).toBeLessThan(0.9);
  });
});

function problemsOf({ env, stdin }: Call): readonly string[] {
  const began = performance.now();
  let stdout = '';
  const readStdin = (limit: number) => stdin.subarray(0, limit);
  const exitCode = dispatch(env, { readStdin, writeStdout: (text) => (stdout += text) }, handlers);
  const problems = answerProblems({ stdout, exitCode }, env.CNI_COMMAND ?? '');
  const tookMs = performance.now() - began;
  return tookMs > HANGS_MS ? [...problems, `it takes ${Math.round(tookMs)} ms`] : problems;
}

const HANGS_MS = 10_000;
