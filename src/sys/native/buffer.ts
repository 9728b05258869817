import { host } from './host.ts';

/** The part of Node's Buffer that the program uses. C implements numbers and `subarray`: src/native/buffer.c, numbers.c. */
export class Buffer extends Uint8Array {
  static alloc(length: number): Buffer {
    return host.alloc(length) as Buffer;
  }

  /** Here the bytes are zeros. */
  static allocUnsafe(length: number): Buffer {
    return host.alloc(length) as Buffer;
  }

  static override from(value: unknown, encoding?: unknown): Buffer {
    if (typeof value !== 'string') return host.bufferOf(value as ArrayLike<number>) as Buffer;
    return encoding === 'hex' ? fromHex(value) : (host.encode(value) as Buffer);
  }

  static concat(list: readonly Uint8Array[], length?: number): Buffer {
    let sum = 0;
    for (const bytes of list) sum += bytes.length;
    const whole = Buffer.alloc(length ?? sum);
    let at = 0;
    for (const bytes of list) {
      const room = whole.length - at;
      whole.set(bytes.length > room ? bytes.subarray(0, room) : bytes, at);
      at += Math.min(bytes.length, room);
    }
    return whole;
  }

  static byteLength(text: string): number {
    return host.byteLength(text);
  }

  override toString(encoding?: string, start?: number, end?: number): string {
    return encoding === 'hex' ? toHex(this) : host.decode(this, start, end);
  }

  /** @returns the number of bytes that fitted */
  write(text: string): number {
    const bytes = host.encode(text).subarray(0, this.length);
    this.set(bytes);
    return bytes.length;
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, index) => byte === other[index]);
  }
}

host.defineBuffer(Buffer, Uint8Array);

/** Decodes pairs of hexadecimal digits, up to the first other pair. */
function fromHex(text: string): Buffer {
  const pairs = text.match(/^(?:[\da-f]{2})+/i)?.[0] ?? '';
  const bytes = Buffer.alloc(pairs.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(pairs.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}
