import { describe, expect, test } from 'vitest';
import { findVersion, readInput } from '../../src/cni/input.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';

function inputOf(text: string) {
  return readInput((limitBytes) => Buffer.from(text).subarray(0, limitBytes));
}

const limit = 4 * 1024 * 1024;

describe('readInput', () => {
  test('gives the configuration both as it came and parsed', () => {
    expect(inputOf('{"name": "n"}\n')).toEqual({ stdin: '{"name": "n"}\n', config: { name: 'n' } });
  });

  test('reads a configuration of exactly 4 MiB', () => {
    const text = `{"a":"${'x'.repeat(limit - 8)}"}`;
    expect([text.length, inputOf(text).stdin.length]).toEqual([limit, limit]);
  });

  test('stops reading one byte after 4 MiB', () => {
    const limits: number[] = [];
    readInput((limitBytes) => {
      limits.push(limitBytes);
      return Buffer.from('{}');
    });
    expect(limits).toEqual([limit + 1]);
  });

  test.each([
    ['nothing', '', 'network configuration is expected on stdin, but stdin is empty', undefined],
    ['only white space', ' \n', 'network configuration is expected on stdin, but stdin is empty', undefined],
    [
      'more than 4 MiB',
      ' '.repeat(limit + 1),
      'network configuration is larger than 4194304 bytes',
      undefined,
    ],
    ['null', 'null', 'network configuration is not a JSON object', 'null: must be an object'],
    ['a list', '[{}]', 'network configuration is not a JSON object', '[{}]: must be an object'],
    ['a string', '"{}"', 'network configuration is not a JSON object', '"{}": must be an object'],
    ['a number', '1.0', 'network configuration is not a JSON object', '1.0: must be an object'],
  ])('refuses %s with code 6', (_what, text, msg, details) => {
    expect(cniErrorOf(() => inputOf(text))).toEqual({ code: 6, msg, details });
  });

  test('refuses what is not JSON with code 6', () => {
    const { code, msg } = cniErrorOf(() => inputOf('{"name":'));
    expect({ code, msg }).toEqual({ code: 6, msg: 'network configuration is not valid JSON' });
  });

  test('answers a failure to read with code 5', () => {
    const fail = () => {
      throw new Error('EIO');
    };
    expect(cniErrorOf(() => readInput(fail))).toEqual({
      code: 5,
      msg: 'read network configuration from stdin',
      details: undefined,
    });
  });
});

test.each([
  ['{"cniVersion":"0.4.0"}', '0.4.0'],
  ['{"CniVersion":"0.3.1"}', '0.3.1'],
  ['{"cniVersion":""}', '0.1.0'],
  ['{"cniVersion":null}', '0.1.0'],
  ['{}', '0.1.0'],
  ['{"cniVersion":"1.0"}', undefined],
  ['{"cniVersion":1}', undefined],
])('findVersion finds in %s the version %s', (text, version) => {
  expect(findVersion(inputOf(text))).toBe(version);
});
