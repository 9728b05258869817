/**
 * Computes SHA-256 (FIPS 180-4), for names of links. node:crypto would take four milliseconds to load in Node, and the native
 * engine does not have it.
 */
export function sha256(bytes: Uint8Array): Buffer {
  const padded = pad(bytes);
  const state = new Uint32Array(INITIAL_STATE);
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) {
    compress(state, schedule(padded.subarray(offset, offset + BLOCK_BYTES)));
  }
  const digest = Buffer.alloc(4 * state.length);
  for (const [index, word] of state.entries()) digest.writeUInt32BE(word, 4 * index);
  return digest;
}

const BLOCK_BYTES = 64;
const ROUNDS = 64;

/** Section 5.3.3: the fractional parts of the square roots of the first eight primes. */
const INITIAL_STATE = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const;

/** Section 4.2.2: the fractional parts of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS: readonly number[] = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];

/** Section 5.1.1: appends a one bit, zeros, and the length in bits as a 64-bit number, up to a whole number of blocks. */
function pad(bytes: Uint8Array): Buffer {
  const blocks = Math.ceil((bytes.length + 9) / BLOCK_BYTES);
  const padded = Buffer.alloc(blocks * BLOCK_BYTES);
  padded.set(bytes);
  padded.writeUInt8(0x80, bytes.length);
  padded.writeBigUInt64BE(8n * BigInt(bytes.length), padded.length - 8);
  return padded;
}

/** Section 6.2.2, step 1: computes 48 more words from the 16 words of the block. */
function schedule(block: Buffer): Uint32Array {
  const words = new Uint32Array(ROUNDS);
  for (let t = 0; t < 16; t += 1) words[t] = block.readUInt32BE(4 * t);
  for (let t = 16; t < ROUNDS; t += 1) {
    words[t] =
      smallSigma1(words[t - 2] ?? 0) +
      (words[t - 7] ?? 0) +
      smallSigma0(words[t - 15] ?? 0) +
      (words[t - 16] ?? 0);
  }
  return words;
}

/** Section 6.2.2, steps 2 to 4: updates the state with one block. */
function compress(state: Uint32Array, words: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < ROUNDS; t += 1) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const temporary1 = h + bigSigma1(e) + choice + (ROUND_CONSTANTS[t] ?? 0) + (words[t] ?? 0);
    h = g;
    g = f;
    f = e;
    e = (d + temporary1) | 0;
    d = c;
    c = b;
    b = a;
    a = (temporary1 + bigSigma0(a) + majority) | 0;
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value;
}

// Section 4.1.2. The rotations are written out: function calls for them would take half of the time in the native engine.

function bigSigma0(x: number): number {
  return ((x >>> 2) | (x << 30)) ^ ((x >>> 13) | (x << 19)) ^ ((x >>> 22) | (x << 10));
}

function bigSigma1(x: number): number {
  return ((x >>> 6) | (x << 26)) ^ ((x >>> 11) | (x << 21)) ^ ((x >>> 25) | (x << 7));
}

function smallSigma0(x: number): number {
  return ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
}

function smallSigma1(x: number): number {
  return ((x >>> 17) | (x << 15)) ^ ((x >>> 19) | (x << 13)) ^ (x >>> 10);
}
