import { host } from '../../../src/sys/native/host.ts';

/** What would end the process or others, or take long. */
const LEFT_OUT = [
  '_exit',
  'kill',
  'spawn',
  'defineBuffer',
  'sleep',
  'prctl',
  'setns',
  'alarmAt',
  'close',
  'waitpid',
];

/** Numbers at the edges of C's types. Descriptors 0 to 2 are left out: reading from them waits. */
const NUMBERS = [
  -1,
  -2,
  3,
  99,
  255,
  256,
  65535,
  65536,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
];
const ODD_NUMBERS = [0.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300];
const TEXTS = ['', '/nonexistent/file', 'a\0b', '/proc/self/stat', 'x'.repeat(5000), '\ud800', '.'];
const LENGTHS = [0, 1, 3, 4, 12, 16, 31, 32, 33, 128, 5000];

/** Whether the number of the function's arguments is as it should be, or any. */
const MOST_ARGUMENTS = 7;

/**
 * Calls functions of the host with arguments of every kind; most are refused. Whether any of them touches memory that it must not is
 * for the compiler's checks to tell.
 * @returns how many calls were answered and how many refused
 */
export function madeUpCalls(seed: number, count: number): { answered: number; refused: number } {
  const next = generator(seed);
  const pick = <T>(items: readonly T[]): T => items[next() % items.length] as T;
  const names = Object.keys(host).filter((name) => !LEFT_OUT.includes(name) && name !== 'constants');
  const tried = { answered: 0, refused: 0 };
  for (let i = 0; i < count; i += 1) {
    const call = host[pick(names) as 'read'] as unknown as (...args: readonly unknown[]) => unknown;
    const args = Array.from({ length: next() % MOST_ARGUMENTS }, () => madeUp(pick, next));
    try {
      call(...args);
      tried.answered += 1;
    } catch (error) {
      const isRefusal = error instanceof TypeError || error instanceof RangeError;
      if (!isRefusal && (error as Error).message !== 'out of memory') throw error;
      tried.refused += 1;
    }
  }
  return tried;
}

function madeUp(pick: <T>(items: readonly T[]) => T, next: () => number): unknown {
  switch (next() % 9) {
    case 0:
    case 1:
    case 2:
      return pick(NUMBERS);
    case 3:
      return Buffer.alloc(pick(LENGTHS));
    case 4:
      return Buffer.alloc(pick(LENGTHS)).subarray(next() % 4, -(next() % 4));
    case 5:
      return pick(TEXTS);
    case 6:
      return pick(ODD_NUMBERS);
    case 7:
      return pick([undefined, null, true, 1n, 'utf8']);
    default:
      return hostile(next);
  }
}

/** Values whose conversion would run code, which takes the memory of others away. */
function hostile(next: () => number): unknown {
  const bytes = Buffer.alloc(64);
  const store = bytes.buffer as ArrayBuffer & { transfer?: (length: number) => ArrayBuffer };
  const take = () => {
    store.transfer?.(0);
    return 1;
  };
  if (next() % 2 === 0) return { valueOf: take, toString: take, length: 3 };
  take();
  return bytes;
}

/** Numbers that look random and are the same for the same seed (xorshift). */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
