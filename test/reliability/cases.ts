import { expect, type TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** How many cases the test tried, for the summary of scripts/test; absent: one. */
    cases?: number;
  }
}

/** Records how many cases a test tried. Fails with too few: the test would prove too little. */
export function countCases({ task }: TestContext, cases: number, atLeast: number): void {
  task.meta.cases = cases;
  expect(cases).toBeGreaterThanOrEqual(atLeast);
}
