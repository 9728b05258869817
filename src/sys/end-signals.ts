import { alarmAt, remainingAlarm } from './libc.ts';

// asm-generic/signal.h: how a caller asks a process to end.
const SIGHUP = 1;
const SIGINT = 2;
const SIGTERM = 15;

/** Somebody has asked the process to end. */
export class AskedToEnd extends Error {
  constructor() {
    super('asked to end by a signal');
    this.name = 'AskedToEnd';
  }
}

/**
 * From now on SIGTERM, SIGINT and SIGHUP do not end the process where it stands: they set its alarm clock, which leaves it as many
 * seconds as the signal's number (15, 2 and 1). Code that never waits for the engine's events learns of a signal in no other way. A
 * process whose clock its caller has set is left as it is.
 * @returns what throws AskedToEnd when such a signal has come
 */
export function deferEndSignals(): () => void {
  if (remainingAlarm() > 0) return () => undefined;
  for (const signal of [SIGTERM, SIGINT, SIGHUP]) alarmAt(signal);
  return () => {
    if (remainingAlarm() > 0) throw new AskedToEnd();
  };
}
