import { describe, expect, test } from 'vitest';
import {
  type Attributes,
  attribute,
  encodeMessage,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  readAttributes,
  readRepeated,
} from '../../src/netlink/message.ts';
import { message } from '../helpers/wire.ts';
import { question } from './question.ts';

describe('encodeMessage', () => {
  test.each([
    ['an acknowledgement of a plain request', 0, NLM_F_REQUEST | NLM_F_ACK],
    ['an acknowledgement of a change', NLM_F_CREATE, NLM_F_CREATE | NLM_F_REQUEST | NLM_F_ACK],
    ['no acknowledgement of a list', NLM_F_DUMP, NLM_F_DUMP | NLM_F_REQUEST],
  ])('asks for %s', (_, asked, flags) => {
    const { type, body } = question();
    expect(encodeMessage(question(asked), 7)).toEqual(message({ type, flags, sequence: 7, body }));
  });
});

describe('attribute', () => {
  test.each([
    ['without data', attribute(3, Buffer.alloc(0)), '04000300'],
    ['padded to four bytes, which its length leaves out', attribute(3, Buffer.from('a')), '0500030061000000'],
    ['of a whole word', attribute(3, Buffer.from('abcd')), '0800030061626364'],
    ['marked as nested', attribute(3, Buffer.alloc(0), true), '04000380'],
  ])('is %s', (_, bytes, hex) => {
    expect(bytes.toString('hex')).toBe(hex);
  });
});

describe('readAttributes', () => {
  test('keeps the last of several attributes of one type', () => {
    const bytes = Buffer.concat([
      attribute(1, Buffer.from('a')),
      attribute(2, Buffer.from('b')),
      attribute(1, Buffer.from('c')),
    ]);
    expect(textsOf(readAttributes(bytes))).toEqual([
      [1, 'c'],
      [2, 'b'],
    ]);
  });

  test('finds an attribute by its type whether it is marked as nested or not', () => {
    expect(textsOf(readAttributes(attribute(3, Buffer.from('a'), true)))).toEqual([[3, 'a']]);
  });

  test.each([
    ['ends within a header', '040003'],
    ['ends within its data', '0800030061'],
    ['is shorter than its header', '0300030061000000'],
  ])('refuses an attribute that %s', (_, hex) => {
    expect(() => readAttributes(Buffer.from(hex, 'hex'))).toThrow();
  });
});

test('readRepeated gives all attributes of a type in order', () => {
  const bytes = Buffer.concat([
    attribute(1, Buffer.from('a')),
    attribute(2, Buffer.from('b')),
    attribute(1, Buffer.from('c')),
  ]);
  expect(readRepeated(bytes, 1).map(String)).toEqual(['a', 'c']);
});

/** Of all types that there can be. */
function textsOf(attributes: Attributes): readonly (readonly [number, string])[] {
  const types = Array.from({ length: 0x4000 }, (_, type) => type);
  return types.flatMap((type) => {
    const data = attributes.get(type);
    return data === undefined ? [] : [[type, data.toString()] as const];
  });
}
