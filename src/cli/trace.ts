import type { Operation } from '../sys/trace.ts';

/** The inputs and the output of the trace. */
export type TraceOptions = {
  /**
   * VLAN_BRIDGE_TRACE: the time in seconds since 1970 when the caller started the process (bash: $EPOCHREALTIME). With any
   * other value times count from the start of the engine's clock, some milliseconds later.
   */
  readonly value: string;
  /** The time when the engine was ready, by performance.now(). */
  readonly beganMs: number;
  /** The time when all modules were loaded, by performance.now(). */
  readonly loadedMs: number;
  readonly watchOperations: (watcher: (operation: Operation) => void) => void;
  /** May throw: the trace then loses the line. */
  readonly write: (line: string) => void;
};

/**
 * Writes one line for each operation when it ends: its start, counted from the start of the process, its duration, and its words.
 * @returns a function for the last line; call it with the exit code before the process ends
 */
export function startTrace(options: TraceOptions): (exitCode: number) => void {
  const { beganMs, loadedMs, watchOperations } = options;
  const originMs = startOf(options.value);
  const line = (startMs: number, took: string, words: string): void => {
    try {
      options.write(`${(startMs - originMs).toFixed(1).padStart(8)} ms ${took.padStart(8)}  ${words}\n`);
    } catch {
      // stderr may be closed or full. A trace must not change the result of the call.
    }
  };
  const show = ({ name, startMs, endMs }: Operation): void =>
    line(startMs, (endMs - startMs).toFixed(1), name);
  if (originMs < 0) show({ name: 'start the process', startMs: originMs, endMs: 0 });
  show({ name: 'start the engine', startMs: 0, endMs: beganMs });
  show({ name: 'load modules', startMs: beganMs, endMs: loadedMs });
  watchOperations(show);
  return (exitCode) => line(performance.now(), '', `exit ${exitCode}`);
}

/** The largest plausible age of the process: an older time in VLAN_BRIDGE_TRACE is not the start of this process. */
const DAY_MS = 24 * 3600 * 1000;

/** Returns the start of the process by performance.now(): negative when VLAN_BRIDGE_TRACE has it, else 0. */
function startOf(value: string): number {
  const startMs = Number(value) * 1000 - performance.timeOrigin;
  return startMs < 0 && startMs > -DAY_MS ? startMs : 0;
}
