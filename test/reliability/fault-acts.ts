import { expect } from 'vitest';
import { differences, type Stage } from './fault-stage.ts';
import type { Act } from './faults.ts';

/** ADD: all or nothing. What it has done is taken back by DEL. */
export function addAct(stage: Stage, before: object): Act {
  return {
    verb: 'ADD',
    judge: async ({ exitCode, json }) => {
      if (exitCode === 0) {
        const checked = await problemsOf(stage, 'CHECK', { prevResult: json });
        const deleted = await problemsOf(stage, 'DEL');
        return [...checked, ...deleted, ...differences(before, await stage.look())];
      }
      const kept = heldAddresses(stage);
      const left = differences(before, await stage.look());
      // For the sake of the faults that follow.
      if (left.length > 0) await stage.call('DEL');
      return [...kept, ...left];
    },
  };
}

/** DEL of a pod that is attached: it releases the addresses whatever happens, and can be had again. */
export function delAct(stage: Stage, before: object): Act {
  return {
    verb: 'DEL',
    prepare: () => attach(stage),
    judge: async ({ exitCode }) => {
      const kept = heldAddresses(stage);
      const refused = exitCode === 0 ? [] : await problemsOf(stage, 'DEL');
      return [...kept, ...refused, ...differences(before, await stage.look())];
    },
  };
}

/** An ADD, which must succeed. */
export async function attach(stage: Stage): Promise<void> {
  expect(await problemsOf(stage, 'ADD')).toEqual([]);
}

/** Calls the plugin: what it says when it does not succeed. */
export async function problemsOf(stage: Stage, verb: string, keys: object = {}): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await stage.call(verb, { keys });
  return exitCode === 0 && stderr === '' ? [] : [`${verb} says ${stdout}${stderr}`];
}

/** The problem that IPAM has not got its addresses back, if it is one. */
export function heldAddresses(stage: Stage): readonly string[] {
  return stage.holdsAddresses() ? ['the addresses are not given back'] : [];
}
