/** Returns the error that `fn` throws, so that a test can compare all of it. Fails when `fn` throws nothing. */
export function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
