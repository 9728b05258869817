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
/** Time for effects of a killed process, or of the kernel's removal of a network namespace. */
const SETTLE = { timeout: 30_000, interval: 20 };

test(`concurrent calls leave the state of the last ones, and nothing after DEL and GC (VLAN_BRIDGE_SEED=${seed})`, async (context) => {
  const endMs = performance.now() + SOAK_MS;
  const totals = { schedules: 0, calls: 0, killed: 0, leftovers: 0 };
  while (soak ? performance.now() < endMs : totals.schedules < COUNT) {
    const { events, leftovers } = await trySchedule((seed + totals.schedules) % 2 ** 32);
    const calls = events.filter(({ output }) => output !== undefined);
    totals.schedules += 1;
    totals.calls += calls.length;
    totals.killed += calls.filter(({ output }) => output?.exitCode === undefined).length;
    totals.leftovers += leftovers;
  }
  process.stdout.write(`concurrency: seed ${seed}, ${JSON.stringify(totals)}\n`);
  countCases(context, totals.calls, 20 * COUNT);
  expect(totals.killed).toBeGreaterThan(3);
  if (soak) expect(totals.leftovers).toBeGreaterThan(0);
});

/** Runs one schedule on its own node. Returns the events, and how many killed ADDs left something. */
async function trySchedule(number: number): Promise<{ events: readonly Event[]; leftovers: number }> {
  const cleanups: (() => Promise<void>)[] = [];
  try {
    const testbed = await createTestbed((fn) => cleanups.push(fn));
    const events = await runSchedule(testbed, drawSchedule(number));
    await settle(testbed, events);
    const leftovers = marks(testbed.node).length;
    const gc = await carryOut(testbed, { kind: 'GC', at: 0, network: COLLECTED[0], valid: undefined });
    const between = stateProblems(testbed, await showState(testbed), events);
    const last = await bringToEnd(testbed);
    const after = endProblems(await showState(testbed), events);
    const all = [...events, gc, ...last];
    const answers = answerProblems(all);
    const story = all.map(describe).sort(byTime).join('\n');
    expect({ between, after, answers }, `VLAN_BRIDGE_SEED=${number}\n${story}`).toEqual({
      between: [],
      after: [],
      answers: [],
    });
    return { events: all, leftovers };
  } finally {
    for (const fn of cleanups.reverse()) await fn();
  }
}

/** Waits for the delegates of killed calls, and for the kernel to remove the ports of removed pods. */
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
