import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { showHostEnd } from '../../helpers/links.ts';
import { ip } from '../../helpers/netns.ts';
import { killAt } from '../../helpers/strace.ts';
import { keptFiles } from '../../helpers/trunk.ts';
import { countCases } from '../cases.ts';
import { attach, delAct, problemsOf } from '../fault-acts.ts';
import { createTestbed, differences, type Testbed } from '../fault-testbed.ts';
import { type Act, errorFaults, recordAct, surviveFaults } from '../faults.ts';
import { recordCalls, type SystemCall } from '../system-calls.ts';

test('a DEL of which one system call fails releases the addresses, and the next DEL leaves nothing', async (context) => {
  const testbed = await createTestbed();
  const act = delAct(testbed, await testbed.snapshot());
  const faults = errorFaults(await recordAct(testbed, act));
  countCases(context, await surviveFaults(testbed, act, faults), 31);
});

test('a CHECK of which one system call fails changes nothing', async (context) => {
  // Without IPAM's program: an engine may read what it prints by recvfrom, in as many pieces as come.
  const testbed = await createTestbed({ recordingIpam: false });
  const { json } = await testbed.call('ADD');
  const attached = await testbed.snapshot();
  const act: Act = {
    verb: 'CHECK',
    keys: { prevResult: json },
    judge: async () => differences(attached, await testbed.snapshot()),
  };
  const faults = errorFaults(await recordAct(testbed, act));
  countCases(context, await surviveFaults(testbed, act, faults), 61);
});

test('a GC of which one system call fails is made good by the next GC', async (context) => {
  const testbed = await createTestbed();
  const before = await testbed.snapshot();
  const keys = { 'cni.dev/valid-attachments': [] };
  const act: Act = {
    verb: 'GC',
    keys,
    prepare: await leftovers(testbed),
    judge: async ({ exitCode }) => {
      const refused = exitCode === 0 ? [] : await problemsOf(testbed, 'GC', keys);
      return [...refused, ...differences(before, await testbed.snapshot())];
    },
  };
  const faults = errorFaults(await recordAct(testbed, act));
  countCases(context, await surviveFaults(testbed, act, faults), 41);
});

/**
 * Finds out what an ADD and a killed ADD leave, and takes it away again.
 * @returns leaves the same, as far as GC looks at it, without the time that two ADDs take
 */
async function leftovers(testbed: Testbed): Promise<() => Promise<void>> {
  const { node, netns } = testbed.pod;
  await attach(testbed);
  const { ifname: stale, ifalias } = await showHostEnd(node, netns);
  const afterVeth = await callAfterVeth(testbed);
  await killAt(afterVeth, (by) => testbed.call('ADD', { ifname: 'net2', by }));
  const { ifname: abandoned } = await showHostEnd(node, netns, 'net2');
  const [mark, ...others] = keptFiles(node);
  expect([mark, others]).toEqual([expect.stringMatching(`-${abandoned}[.]`), []]);
  expect(await problemsOf(testbed, 'GC', { 'cni.dev/valid-attachments': [] })).toEqual([]);
  return async () => {
    const pair = (port: string, link: string) =>
      `link add ${port} master plain0 type veth peer name ${link} netns ${netns.name}`;
    await ip(node, pair(stale, 'net1'), `link set ${stale} alias "${ifalias}"`, pair(abandoned, 'net2'));
    writeFileSync(`/run/vlan-bridge/${mark}`, '');
  };
}

/** The message that follows on the one by which ADD makes its links. */
async function callAfterVeth(testbed: Testbed): Promise<SystemCall> {
  await testbed.call('DEL');
  const calls = await recordCalls((by) => testbed.call('ADD', { by }));
  const sent = calls.filter(({ name }) => name === 'sendto');
  const after = sent[sent.findIndex(({ shown }) => shown.includes('NLM_F_CREATE')) + 1];
  if (after === undefined) throw new Error('ADD has made no links');
  return after;
}
