import type { Step } from '../sys/trace.ts';

/** What the trace needs to know and to reach. */
export type TraceOptions = {
  /**
   * VLAN_BRIDGE_TRACE: the time in seconds since 1970 when the caller started the process (bash: $EPOCHREALTIME), or anything
   * else; then times count from the engine's own clock, which starts some milliseconds later.
   */
  readonly value: string;
  /** When the engine was ready, and when all modules were loaded, by performance.now(). */
  readonly beganMs: number;
  readonly loadedMs: number;
  readonly watchSteps: (watcher: (step: Step) => void) => void;
  /** May throw: a trace that cannot be written is none. */
  readonly write: (line: string) => void;
};

/**
 * Tells where the time of this call goes, a line for each step as it ends: when it started, counted from the start of the
 * process, how long it took, and what it was.
 * @returns to be called with the exit code as the very last thing
 */
export function startTrace(options: TraceOptions): (exitCode: number) => void {
  const { beganMs, loadedMs, watchSteps } = options;
  const originMs = startOf(options.value);
  const line = (startMs: number, took: string, what: string): void => {
    try {
      options.write(`${(startMs - originMs).toFixed(1).padStart(8)} ms ${took.padStart(8)}  ${what}\n`);
    } catch {
      // Nobody is there to read it.
    }
  };
  const show = ({ name, startMs, endMs }: Step): void => line(startMs, (endMs - startMs).toFixed(1), name);
  if (originMs < 0) show({ name: 'start the process', startMs: originMs, endMs: 0 });
  show({ name: 'start the engine', startMs: 0, endMs: beganMs });
  show({ name: 'load modules', startMs: beganMs, endMs: loadedMs });
  watchSteps(show);
  return (exitCode) => line(performance.now(), '', `exit ${exitCode}`);
}

/** No process is older than this. */
const DAY_MS = 24 * 3600 * 1000;

/** The start of the process by performance.now(): negative where it is known to be before the clock's own. */
function startOf(value: string): number {
  const startMs = Number(value) * 1000 - performance.timeOrigin;
  return startMs < 0 && startMs > -DAY_MS ? startMs : 0;
}
