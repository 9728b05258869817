import { describe, expect, test, vi } from 'vitest';
import { dispatch } from '../../../src/cni/dispatch.ts';
import type { Run } from '../../../src/sys/program.ts';
import { fixtureBin } from '../../helpers/recorded.ts';
import { seed, soak } from '../../helpers/soak.ts';
import { countCases } from '../cases.ts';
import { type Call, generateCall } from './call.ts';
import { chanceOf } from './chance.ts';
import { savedCalls } from './corpus.ts';
import { countingHandlers } from './handlers.ts';
import { answerProblems } from './reply.ts';

/** Calls of the plugin in this process, through the whole protocol up to the first kernel request. */

// No IPAM plugin runs: its output is in the call.
vi.mock('../../../src/sys/program.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  runProgram: ({ env }: Run) => {
    const exitCode = Number(env.EXIT_CODE ?? 0);
    const failure = exitCode === 0 ? undefined : `failed with exit code ${exitCode}`;
    return { stdout: env.REPLY ?? '', stderr: env.WORDS ?? '', failure, exitCode };
  },
}));

const INPUTS = 60_000 * (soak ? 10 : 1);
/** Several tests, so that a failure stops only one of them. */
const BATCHES = 20;
const places = { netns: ['/run/netns/pod'], path: [fixtureBin, `/nope:${fixtureBin}`, '/nope'] };

const counts = { configurations: 0, accepted: 0 };
const handlers = countingHandlers(counts);

test.each(savedCalls())('answers a saved call correctly: $name', (call) => {
  expect(problemsOf(call)).toEqual([]);
});

describe(`with VLAN_BRIDGE_SEED=${seed}`, () => {
  test.for(Array.from({ length: BATCHES }, (_, batch) => batch))(
    'answers generated calls as CNI requires (%i)',
    (batch, context) => {
      for (let index = batch; index < INPUTS; index += BATCHES) {
        const call = generateCall(chanceOf(seed, index), places);
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

  test('many configurations are valid, and many are not', () => {
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
