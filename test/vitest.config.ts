import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', pool: 'forks' } as const;

// vitest reads this file's default export.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/binary/**', 'test/kernel/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'kernel',
          include: ['test/kernel/**/*.kernel.test.ts', 'test/binary/**/*.test.ts'],
          exclude: ['test/binary/**/*.host.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // What only a kernel with VLAN filtering can do; often one without hardware support beneath it.
        test: {
          ...shared,
          name: 'vlan',
          include: ['test/kernel/**/*.vlan.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // What only a kernel without VLAN filtering shows.
        test: {
          ...shared,
          name: 'host',
          include: ['test/binary/**/*.host.test.ts'],
          testTimeout: 30_000,
        },
      },
    ],
  },
});
