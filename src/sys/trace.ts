/** A step that has ended, well or not. Times are those of performance.now(). */
export type Step = { readonly name: string; readonly startMs: number; readonly endMs: number };

/**
 * The program's only variable that outlives a call: who watches its steps. As a parameter it would be handed down from main to
 * every socket and lock. Set before the first step or never.
 */
let watch: ((step: Step) => void) | undefined;

/** Has every step from now on reported when it ends. */
export function watchSteps(watcher: (step: Step) => void): void {
  watch = watcher;
}

/**
 * Does something that may take time. Costs nothing while nobody watches.
 * @param name what is done, in words, with the object in quotes; a function where the words are to be put together first
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
