import { CniError } from '../../src/cni/error.ts';

/** The CniError that the function throws, as plain data. Any other outcome fails the test. */
export function cniErrorOf(run: () => unknown): { code: number; msg: string; details: string | undefined } {
  try {
    run();
  } catch (error) {
    if (error instanceof CniError) return { code: error.code, msg: error.message, details: error.details };
    throw error;
  }
  throw new Error('expected a CniError, but nothing was thrown');
}
