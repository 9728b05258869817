import { expect } from 'vitest';
import { differences, type Testbed } from './fault-testbed.ts';
import type { Act } from './faults.ts';

/** ADD succeeds, and DEL removes the attachment, or ADD fails and changes nothing. */
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
      // Restore the testbed for the next fault.
      if (left.length > 0) await testbed.call('DEL');
      return [...kept, ...left];
    },
  };
}

/** DEL of an attached pod releases the addresses even when it fails, and can be repeated. */
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

/** Calls ADD, which must succeed. */
export async function attach(testbed: Testbed): Promise<void> {
  expect(await problemsOf(testbed, 'ADD')).toEqual([]);
}

/** Calls the plugin, and returns its output as a problem unless it succeeds. */
export async function problemsOf(
  testbed: Testbed,
  verb: string,
  keys: object = {},
): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await testbed.call(verb, { keys });
  return exitCode === 0 && stderr === '' ? [] : [`${verb} says ${stdout}${stderr}`];
}

/** The problem that IPAM still has its addresses allocated, if it has. */
export function heldAddresses(testbed: Testbed): readonly string[] {
  return testbed.holdsAddresses() ? ['the addresses are not given back'] : [];
}
