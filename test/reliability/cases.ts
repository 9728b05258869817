import { expect, type TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** How many cases the test has tried, for the summary of scripts/test; absent: one. */
    cases?: number;
  }
}

/** Says how many cases a test has tried, of which there must be some: what tries too few proves too little. */
export function countCases({ task }: TestContext, cases: number, atLeast: number): void {
  task.meta.cases = cases;
  expect(cases).toBeGreaterThanOrEqual(atLeast);
}
