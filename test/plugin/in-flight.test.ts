import { expect, test, vi } from 'vitest';
import { inPrivateRun } from '../sys/in-private-run.ts';

// A process is started for each test.
vi.setConfig({ testTimeout: 60_000 });

type Modules = typeof import('../../src/plugin/in-flight.ts') &
  typeof import('../../src/plugin/attachment.ts') &
  typeof import('node:fs');
type Load = (path: string) => Promise<Modules>;

const HOST_NAME = 'vethacrl7cxktnq';

test('an ADD is marked while it is at work, and a sweep leaves it alone', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { readdirSync } = await load('node:fs');
    const { beginInFlight, sweepAbandoned } = await load('plugin/in-flight.ts');
    const { ownerOf } = await load('plugin/attachment.ts');
    const asked: string[] = [];
    const host = { find: ({ step }: { step: string }) => void asked.push(step) };
    const marks = () => readdirSync('/run/vlan-bridge').map((name) => name.replace(/^\d+/, ''));
    const inFlight = beginInFlight(ownerOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' }));
    const failures = sweepAbandoned(host as never, {} as never);
    const during = marks();
    inFlight.end();
    return { during, after: marks(), asked, failures };
  });
  expect(shown).toEqual({ during: [`-${HOST_NAME}.attaching`], after: [], asked: [], failures: [] });
});

test('the mark of an ADD that never had its lock is removed, that of one at work is not', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { readdirSync, writeFileSync } = await load('node:fs');
    const { beginInFlight, removeVainMark } = await load('plugin/in-flight.ts');
    const { ownerOf } = await load('plugin/attachment.ts');
    const owner = ownerOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' });
    const inFlight = beginInFlight(owner);
    const [mark = ''] = readdirSync('/run/vlan-bridge');
    removeVainMark(owner);
    const atWork = readdirSync('/run/vlan-bridge').length;
    inFlight.end();
    removeVainMark(owner);
    writeFileSync(`/run/vlan-bridge/${mark}`, '');
    removeVainMark(owner);
    return { atWork, vain: readdirSync('/run/vlan-bridge').length };
  });
  expect(shown).toEqual({ atWork: 1, vain: 0 });
});

test('the mark of an ADD that was killed before it answered is told from an empty one, until it has answered', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { readdirSync, writeFileSync } = await load('node:fs');
    const { beginInFlight, removeVainMark } = await load('plugin/in-flight.ts');
    const { ownerOf } = await load('plugin/attachment.ts');
    const owner = ownerOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' });
    const first = beginInFlight(owner);
    const [mark = ''] = readdirSync('/run/vlan-bridge');
    const states = [first.isUnanswered()];
    first.awaitAnswer();
    states.push(first.isUnanswered());
    first.answered();
    const left = readdirSync('/run/vlan-bridge').length;
    writeFileSync(`/run/vlan-bridge/${mark}`, '\0');
    removeVainMark(owner);
    states.push(beginInFlight(owner).isUnanswered());
    return { states, left };
  });
  expect(shown).toEqual({ states: [false, true, true], left: 0 });
});

test.each([
  ['one that is not there', null, [], true, []],
  ['one without an alias', { kind: 'veth' }, [`delete link "${HOST_NAME}"`], true, []],
  ['one with an alias, which was finished', { kind: 'veth', alias: 'theirs' }, [], true, []],
  [
    'one with an alias whose ADD did not answer',
    { kind: 'veth', alias: 'theirs', unanswered: true },
    [`delete link "${HOST_NAME}"`],
    true,
    [],
  ],
  ['one that is no veth', { kind: 'bridge' }, [], true, []],
  [
    'one that cannot be deleted',
    { kind: 'veth', stuck: true },
    [`delete link "${HOST_NAME}"`],
    false,
    [`what a killed ADD left of "${HOST_NAME}": no`],
  ],
])('of a port that a killed ADD has left, a sweep deletes what is unfinished: %s', (...row) => {
  const [, link, deletions, forgotten, failures] = row;
  type Given = { readonly kind: string; readonly stuck?: boolean; readonly unanswered?: boolean } | null;
  const sweep = async (load: Load, given: Given) => {
    const { readdirSync, writeFileSync } = await load('node:fs');
    const { beginInFlight, sweepAbandoned } = await load('plugin/in-flight.ts');
    const { ownerOf } = await load('plugin/attachment.ts');
    const inFlight = beginInFlight(ownerOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' }));
    const [mark = ''] = readdirSync('/run/vlan-bridge');
    inFlight.end();
    // A mark that nobody holds, and one of another network namespace.
    writeFileSync(`/run/vlan-bridge/${mark}`, given?.unanswered ? '\0' : '');
    writeFileSync('/run/vlan-bridge/1-vethaaaaaaaaaaa.attaching', '');
    const steps: string[] = [];
    const find = ({ step }: { step: string }) => {
      steps.push(step);
      if (step.startsWith('delete') && given?.stuck) throw new Error('no');
      return step.startsWith('look up') ? (given ?? undefined) : undefined;
    };
    const failed = sweepAbandoned({ find } as never, { environment: {} } as never);
    const left = readdirSync('/run/vlan-bridge');
    return {
      deletions: steps.filter((step) => step.startsWith('delete')),
      forgotten: !left.includes(mark),
      others: left.includes('1-vethaaaaaaaaaaa.attaching'),
      failures: failed,
    };
  };
  const given = link && { name: HOST_NAME, ifindex: 9, ...link };
  expect(inPrivateRun(sweep, given)).toEqual({ deletions, forgotten, others: true, failures });
});
