import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { RELIABILITY } from '../scripts/groups/groups.ts';

// What a failed comparison says is all that a summary shows of it: whole lists of problems.
const shared = { environment: 'node', pool: 'forks', chaiConfig: { truncateThreshold: 2000 } } as const;

/** What the tests of the executable are run on, one after the other. */
const EXECUTABLES = ['pkg', 'native'] as const;

/** What is tried to make the executables leave, hang or lie: each a folder of test/reliability. */
const ON_EXECUTABLES = RELIABILITY.filter((name) => name !== 'fuzz');

type Tests = { readonly name: string; readonly exclude?: readonly string[] };

/**
 * `name` is completed by the executable's: `kernel-pkg`.
 * @param once files of hundreds of calls, or of long waits, which are about the source and not about its engine: for the last executable alone
 */
function forExecutables<Test extends Tests>(test: Test, once: readonly string[] = []) {
  return EXECUTABLES.map((executable) => ({
    test: {
      ...shared,
      ...test,
      exclude: [...(test.exclude ?? []), ...(executable === EXECUTABLES.at(-1) ? [] : once)],
      name: `${test.name}-${executable}`,
      env: { VLAN_BRIDGE_EXECUTABLE: resolve(import.meta.dirname, '../dist', executable, 'vlan-bridge') },
    },
  }));
}

// vitest reads this file's default export.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/binary/**',
            'test/kernel/**',
            'test/native/**',
            'test/reliability/**',
            'test/**/*.host.test.ts',
          ],
        },
      },
      {
        // The build of the native executable.
        test: {
          ...shared,
          name: 'native',
          include: ['test/native/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        // Made-up inputs, in this process.
        test: {
          ...shared,
          name: 'fuzz',
          include: ['test/reliability/fuzz/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
      ...ON_EXECUTABLES.flatMap((name) =>
        forExecutables(
          {
            name,
            include: [`test/reliability/${name}/**/*.test.ts`],
            testTimeout: 900_000,
            hookTimeout: 120_000,
          },
          ['test/reliability/faults/silence.test.ts'],
        ),
      ),
      // What any kernel does.
      ...forExecutables({
        name: 'kernel',
        include: ['test/kernel/**/*.kernel.test.ts', 'test/binary/**/*.test.ts'],
        exclude: ['test/binary/**/*.{host,cross}.test.ts'],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      }),
      // What only a kernel with VLAN filtering does; often one without hardware support beneath it.
      ...forExecutables(
        {
          name: 'vlan',
          include: ['test/kernel/**/*.vlan.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
        ['uplink/faults', 'uplink/killed', 'bridge/many-vlans'].map(
          (name) => `test/kernel/${name}.vlan.test.ts`,
        ),
      ),
      // Tests for a kernel without VLAN filtering, where the scripts start a virtual machine.
      ...forExecutables(
        {
          name: 'host',
          include: ['test/binary/**/*.host.test.ts'],
          testTimeout: 30_000,
        },
        ['test/binary/vm.host.test.ts'],
      ),
      {
        // The executables for the other processor, on this machine.
        test: {
          ...shared,
          name: 'cross',
          include: ['test/binary/**/*.cross.test.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
