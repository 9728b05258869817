import { alarmAt, remainingAlarm } from './libc.ts';

// asm-generic/signal.h: the signals that ask a process to end.
const SIGHUP = 1;
const SIGINT = 2;
const SIGTERM = 15;

/** A signal has asked the process to end. */
export class AskedToEnd extends Error {
  constructor() {
    super('asked to end by a signal');
    this.name = 'AskedToEnd';
  }
}

/**
 * Defers SIGTERM, SIGINT and SIGHUP. A signal then sets the alarm clock of the process instead of ending it. The number of the
 * signal (15, 2 or 1) is the time in seconds. SIGALRM ends a process that still runs after that time. Synchronous code cannot
 * use the engine's signal events. Does nothing when the caller has already set the alarm clock.
 * @returns a function that throws AskedToEnd after such a signal
 */
export function deferEndSignals(): () => void {
  if (remainingAlarm() > 0) return () => undefined;
  for (const signal of [SIGTERM, SIGINT, SIGHUP]) alarmAt(signal);
  return () => {
    if (remainingAlarm() > 0) throw new AskedToEnd();
  };
}
