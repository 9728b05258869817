import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/sys/sha256.ts';

// FIPS 180-4's own examples.
test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
])('the digest of "%s" is %s', (text, digest) => {
  expect(sha256(Buffer.from(text)).toString('hex')).toBe(digest);
});

test('digests of every length up to four blocks are those of OpenSSL', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => (index * 37) ^ 0x5a));
  const lengths = Array.from({ length: 257 }, (_, length) => length);
  const ours = lengths.map((length) => sha256(bytes.subarray(0, length)).toString('hex'));
  const theirs = lengths.map((length) =>
    createHash('sha256').update(bytes.subarray(0, length)).digest('hex'),
  );
  expect(ours).toEqual(theirs);
});
