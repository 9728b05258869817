import { expect } from 'vitest';
import { differences, type Testbed } from './fault-testbed.ts';
import type { Act } from './faults.ts';

/** ADD: all or nothing. What it has done is taken back by DEL. */
export function addAct(testbed: Testbed, before: object): Act {
  return {
    verb: 'ADD',
    judge: async ({ exitCode, json }) => {
      if (exitCode === 0) {
        const checked = await problemsOf(testbed, 'CHECK', { prevResult: json });
        const deleted = await problemsOf(testbed, 'DEL');
        return [...checked, ...deleted, ...differences(before, await testbed.snapshot())];
      }
      const kept = heldAddresses(testbed);
      const left = differences(before, await testbed.snapshot());
      // For the sake of the faults that follow.
      if (left.length > 0) await testbed.call('DEL');
      return [...kept, ...left];
    },
  };
}

/** DEL of a pod that is attached: it releases the addresses whatever happens, and can be had again. */
export function delAct(testbed: Testbed, before: object): Act {
  return {
    verb: 'DEL',
    prepare: () => attach(testbed),
    judge: async ({ exitCode }) => {
      const kept = heldAddresses(testbed);
      const refused = exitCode === 0 ? [] : await problemsOf(testbed, 'DEL');
      return [...kept, ...refused, ...differences(before, await testbed.snapshot())];
    },
  };
}

/** An ADD, which must succeed. */
export async function attach(testbed: Testbed): Promise<void> {
  expect(await problemsOf(testbed, 'ADD')).toEqual([]);
}

/** Calls the plugin: what it says when it does not succeed. */
export async function problemsOf(
  testbed: Testbed,
  verb: string,
  keys: object = {},
): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await testbed.call(verb, { keys });
  return exitCode === 0 && stderr === '' ? [] : [`${verb} says ${stdout}${stderr}`];
}

/** The problem that IPAM has not got its addresses back, if it is one. */
export function heldAddresses(testbed: Testbed): readonly string[] {
  return testbed.holdsAddresses() ? ['the addresses are not given back'] : [];
}
