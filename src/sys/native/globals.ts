// The global names of Node that the modules use. The build replaces each name by an import of this file.
import { host } from './host.ts';

export { Buffer } from './buffer.ts';

// asm-generic/signal.h
const SIGKILL = 9;

export const performance = {
  now: host.now,
  get timeOrigin() {
    return host.timeOrigin();
  },
};

let environment: Record<string, string> | undefined;

export const process = {
  get env() {
    environment ??= host.env();
    return environment;
  },
  /** As in Node the arguments begin with the third element. */
  get argv() {
    return ['', ...host.argv()];
  },
  get pid() {
    return host.pid();
  },
  geteuid: host.euid,
  kill: (pid: number, _signal: 'SIGKILL') => {
    if (host.kill(pid, SIGKILL) < 0) throw new Error(`kill ${pid}`);
    return true;
  },
  exit: host._exit,
};

/** The program uses Atomics.wait only as a pause: no code changes the cell. */
const atomics = {
  wait: (_cells: Int32Array, _index: number, _value: number, milliseconds: number) =>
    host.sleep(milliseconds),
};

const sharedArrayBuffer = ArrayBuffer;

export { atomics as Atomics, sharedArrayBuffer as SharedArrayBuffer };
