/** The types of numbers that a Buffer has methods for, with the bytes of each. */
const TYPES = [
  ['UInt8', 1],
  ['Int8', 1],
  ['UInt16LE', 2],
  ['UInt16BE', 2],
  ['Int16LE', 2],
  ['UInt32LE', 4],
  ['UInt32BE', 4],
  ['Int32LE', 4],
  ['BigInt64LE', 8],
  ['BigUInt64LE', 8],
  ['BigUInt64BE', 8],
] as const;

const LONGEST = 20;

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** Reads and writes at every offset of buffers of every length, held against DataView. @returns what was wrong, in words */
export function numberProblems(): readonly string[] {
  const problems: string[] = [];
  for (const [type, width] of TYPES) {
    for (let length = 0; length <= LONGEST; length += 1) {
      for (let offset = 0; offset <= LONGEST; offset += 1) {
        const problem = problemAt({ type, width, length, offset });
        if (problem !== undefined) problems.push(`${type} at ${offset} of ${length} bytes: ${problem}`);
      }
    }
  }
  return problems;
}

type Place = {
  readonly type: string;
  readonly width: number;
  readonly length: number;
  readonly offset: number;
};

function problemAt({ type, width, length, offset }: Place): string | undefined {
  const buffer = Buffer.alloc(length).map((_, index) => (index * 37 + offset * 11 + 129) & 255) as Buffer;
  const methods = buffer as unknown as Methods;
  const read = () => methods[`read${type}`]?.call(buffer, offset);
  const before = [...buffer];
  if (offset + width > length) {
    const value = width === 8 ? 1n : 1;
    const thrown = [throws(read), throws(() => methods[`write${type}`]?.call(buffer, value, offset))];
    if (!thrown.every(Boolean)) return 'is not out of range';
    return String(buffer) === String(before) || [...buffer].join() === before.join()
      ? undefined
      : 'was written to';
  }
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  const get = `get${type.replace(/[LB]E$/, '').replace('UInt', 'Uint')}` as 'getInt32';
  const expected = view[get](offset, type.endsWith('LE'));
  const value = read();
  if (value !== expected) return `gives ${value}, not ${expected}`;
  buffer.fill(0, offset, offset + width);
  const after = methods[`write${type}`]?.call(buffer, value, offset);
  if (after !== offset + width) return `writes up to ${after}`;
  return [...buffer].join() === before.join() ? undefined : 'does not write what it has read';
}

function throws(fn: () => unknown): boolean {
  try {
    fn();
    return false;
  } catch (error) {
    return error instanceof RangeError;
  }
}
