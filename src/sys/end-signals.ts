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
 * Defers SIGTERM, SIGINT and SIGHUP: instead of ending the process, a signal sets its alarm clock to as many seconds as the
 * number of the signal (15, 2 or 1). SIGALRM then ends a process that has not ended by itself. Synchronous code cannot use
 * the engine's signal events. Does nothing when the caller has already set the alarm clock.
 * @returns a function that throws AskedToEnd after such a signal
 */
export function deferEndSignals(): () => void {
  if (remainingAlarm() > 0) return () => undefined;
  for (const signal of [SIGTERM, SIGINT, SIGHUP]) alarmAt(signal);
  return () => {
    if (remainingAlarm() > 0) throw new AskedToEnd();
  };
}
