import { expect, test, vi } from 'vitest';
import { processesIn } from '../../helpers/netns.ts';
import { seed, soak } from '../../helpers/soak.ts';
import { marks } from '../../helpers/trunk.ts';
import { countCases } from '../cases.ts';
import { answerProblems, describe } from './answers.ts';
import { bringToEnd, carryOut, type Event, runSchedule } from './events.ts';
import { isPodRemoved } from './outcomes.ts';
import { drawSchedule } from './schedule.ts';
import { showState } from './state.ts';
import { aliasOf, endProblems, stateProblems } from './state-problems.ts';
import { COLLECTED, createTestbed, TARGETS, type Testbed } from './testbed.ts';

const COUNT = 12;
const SOAK_MS = 600_000;
/** For what ends by itself when a process has died, or the kernel removes a network namespace. */
const SETTLE = { timeout: 30_000, interval: 20 };

test(`calls that meet leave what the last ones say, and nothing after DEL and GC (VLAN_BRIDGE_SEED=${seed})`, async (context) => {
  const endMs = performance.now() + SOAK_MS;
  const totals = { schedules: 0, calls: 0, killed: 0, swept: 0 };
  while (soak ? performance.now() < endMs : totals.schedules < COUNT) {
    const { events, swept } = await trySchedule((seed + totals.schedules) % 2 ** 32);
    const calls = events.filter(({ output }) => output !== undefined);
    totals.schedules += 1;
    totals.calls += calls.length;
    totals.killed += calls.filter(({ output }) => output?.exitCode === undefined).length;
    totals.swept += swept;
  }
  process.stdout.write(`concurrency: seed ${seed}, ${JSON.stringify(totals)}\n`);
  countCases(context, totals.calls, 20 * COUNT);
  expect(totals.killed).toBeGreaterThan(3);
  if (soak) expect(totals.swept).toBeGreaterThan(0);
});

/** Tries one schedule on a node of its own: what happened, and how many killed ADDs have left something. */
async function trySchedule(number: number): Promise<{ events: readonly Event[]; swept: number }> {
  const cleanups: (() => Promise<void>)[] = [];
  try {
    const testbed = await createTestbed((fn) => cleanups.push(fn));
    const events = await runSchedule(testbed, drawSchedule(number));
    await settle(testbed, events);
    const swept = marks(testbed.node).length;
    const sweep = await carryOut(testbed, { kind: 'GC', at: 0, network: COLLECTED[0], valid: undefined });
    const between = stateProblems(testbed, await showState(testbed), events);
    const last = await bringToEnd(testbed);
    const after = endProblems(await showState(testbed), events);
    const all = [...events, sweep, ...last];
    const answers = answerProblems(all);
    const story = all.map(describe).sort(byTime).join('\n');
    expect({ between, after, answers }, `VLAN_BRIDGE_SEED=${number}\n${story}`).toEqual({
      between: [],
      after: [],
      answers: [],
    });
    return { events: all, swept };
  } finally {
    for (const fn of cleanups.reverse()) await fn();
  }
}

/** Waits for the delegates of killed calls, and for the kernel to remove the ports of pods that are gone. */
async function settle(testbed: Testbed, events: readonly Event[]): Promise<void> {
  const dead = TARGETS.filter((target) => isPodRemoved(target, events)).map((target) =>
    aliasOf(testbed, target),
  );
  await vi.waitFor(async () => {
    expect(processesIn(testbed.node.path)).toEqual([]);
    const { links } = await showState(testbed);
    expect(links.filter(({ ifalias = '' }) => dead.includes(ifalias))).toEqual([]);
  }, SETTLE);
}

function byTime(first: string, second: string): number {
  return Number.parseInt(first, 10) - Number.parseInt(second, 10);
}
