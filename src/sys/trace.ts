/** A finished or failed operation. Times are those of performance.now(). */
export type Operation = { readonly name: string; readonly startMs: number; readonly endMs: number };

/**
 * The only module state of the program: the function that receives all operations. As a parameter every socket and lock would
 * need it. main sets it before the first operation, or never.
 */
let watch: ((operation: Operation) => void) | undefined;

/** Reports every later operation to the watcher when it ends. */
export function watchOperations(watcher: (operation: Operation) => void): void {
  watch = watcher;
}

/**
 * Runs an operation and reports its time to the watcher. Without a watcher only runs `fn`.
 * @param name the words for the operation, with the object in quotes; a function that builds the words only for a watcher
 */
export function traced<T>(name: string | (() => string), fn: () => T): T {
  if (watch === undefined) return fn();
  const startMs = performance.now();
  try {
    return fn();
  } finally {
    const endMs = performance.now();
    watch({ name: typeof name === 'string' ? name : name(), startMs, endMs });
  }
}
