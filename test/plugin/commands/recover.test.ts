import { expect, test, vi } from 'vitest';
import { inPrivateRun } from '../../sys/in-private-run.ts';

// A process is started for each test.
vi.setConfig({ testTimeout: 60_000 });

type Modules = typeof import('../../../src/plugin/commands/recover.ts') &
  typeof import('../../../src/plugin/state/attachment.ts') &
  typeof import('node:fs');
type Load = (path: string) => Promise<Modules>;

const HOST_NAME = 'vethacrl7cxktnq';

test('an ADD is marked while it is at work, and a sweep leaves it alone', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { readdirSync } = await load('node:fs');
    const { beginInFlight, sweepAbandoned } = await load('plugin/in-flight.ts');
    const { hostEndOf } = await load('plugin/attachment.ts');
    const asked: string[] = [];
    const host = { find: ({ step }: { step: string }) => void asked.push(step) };
    const marks = () => readdirSync('/run/vlan-bridge').map((name) => name.replace(/^\d+/, ''));
    const inFlight = beginInFlight(hostEndOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' }));
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
    const { hostEndOf } = await load('plugin/attachment.ts');
    const hostEnd = hostEndOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' });
    const inFlight = beginInFlight(hostEnd);
    const [mark = ''] = readdirSync('/run/vlan-bridge');
    removeVainMark(hostEnd);
    const atWork = readdirSync('/run/vlan-bridge').length;
    inFlight.end();
    removeVainMark(hostEnd);
    writeFileSync(`/run/vlan-bridge/${mark}`, '');
    removeVainMark(hostEnd);
    return { atWork, vain: readdirSync('/run/vlan-bridge').length };
  });
  expect(shown).toEqual({ atWork: 1, vain: 0 });
});

test.each([
  ['one that is not there', null, [], true, []],
  ['one without an alias', { kind: 'veth' }, [`delete link "${HOST_NAME}"`], true, []],
  ['one with an alias, which was finished', { kind: 'veth', alias: 'theirs' }, [], true, []],
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
  type Given = { readonly kind: string; readonly stuck?: boolean } | null;
  const sweep = async (load: Load, given: Given) => {
    const { readdirSync, writeFileSync } = await load('node:fs');
    const { beginInFlight, sweepAbandoned } = await load('plugin/in-flight.ts');
    const { hostEndOf } = await load('plugin/attachment.ts');
    const inFlight = beginInFlight(hostEndOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' }));
    const [mark = ''] = readdirSync('/run/vlan-bridge');
    inFlight.end();
    // A mark that nobody holds, and one of another network namespace.
    writeFileSync(`/run/vlan-bridge/${mark}`, '');
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
