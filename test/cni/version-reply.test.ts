import { describe, expect, test } from 'vitest';
import { answerVersion } from '../../src/cni/version-reply.ts';

describe('answerVersion', () => {
  const listed = '"supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}\n';

  test.each([
    ['the version of the input', '{"cniVersion":"0.4.0"}', '0.4.0'],
    ['the version of an input with another spelling of the key', '{"CNIVersion":"0.3.1"}', '0.3.1'],
    ['the last of two spellings', '{"cniVersion":"0.4.0","CNIVersion":"0.3.1"}', '0.3.1'],
    ['the newest version for an unknown one', '{"cniVersion":"1.2.0"}', '1.1.0'],
    ['the newest version for one that is not a string', '{"cniVersion":1}', '1.1.0'],
    ['the newest version for an input without one', '{}', '1.1.0'],
    ['the newest version for an empty input', '', '1.1.0'],
    ['the newest version for null', 'null', '1.1.0'],
    ['the newest version for what is not JSON', '{"cniVersion":', '1.1.0'],
  ])('names %s on one line', (_what, input, version) => {
    expect(answerVersion(() => Buffer.from(input))).toBe(`{"cniVersion":"${version}",${listed}`);
  });

  test('names the newest version when stdin cannot be read', () => {
    const unreadable = () => {
      throw new Error('stdin was read');
    };
    expect(answerVersion(unreadable)).toBe(`{"cniVersion":"1.1.0",${listed}`);
  });

  test('reads 64 KiB at most', () => {
    const limits: number[] = [];
    answerVersion((limitBytes) => {
      limits.push(limitBytes);
      return Buffer.alloc(0);
    });
    expect(limits).toEqual([65536]);
  });
});
