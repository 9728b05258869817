import { beforeEach, describe, expect, test, vi } from 'vitest';
import { enableForwarding } from '../../../src/plugin/gateway/ip-forwarding.ts';
import * as sysctl from '../../../src/sys/sysctl.ts';

vi.mock('../../../src/sys/sysctl.ts', { spy: true });

const IPV4 = 'net/ipv4/ip_forward';
const IPV6 = 'net/ipv6/conf/all/forwarding';

describe('enableForwarding', () => {
  const settings: Record<string, string> = {};
  const written: (readonly [path: string, value: unknown])[] = [];

  beforeEach(() => {
    written.length = 0;
    vi.mocked(sysctl.readSysctl).mockImplementation((path) => settings[path] ?? 'unknown');
    vi.mocked(sysctl.writeSysctl).mockImplementation((path, value) => void written.push([path, value]));
  });

  test.each<[string, readonly (4 | 6)[], object, readonly (readonly [string, number])[]]>([
    [
      'switches on each of the families',
      [4, 6],
      { [IPV4]: '0', [IPV6]: '0' },
      [
        [IPV4, 1],
        [IPV6, 1],
      ],
    ],
    ['leaves the other family alone', [6], { [IPV4]: '0', [IPV6]: '0' }, [[IPV6, 1]]],
    ['writes nothing that is on already', [4, 6], { [IPV4]: '1', [IPV6]: '0' }, [[IPV6, 1]]],
    ['switches on a value other than 1', [6], { [IPV6]: '2' }, [[IPV6, 1]]],
    ['does nothing without a family', [], { [IPV4]: '0' }, []],
  ])('%s', (_what, families, before, expected) => {
    Object.assign(settings, { [IPV4]: '0', [IPV6]: '0', ...before });
    enableForwarding(new Set(families));
    expect(written).toEqual(expected);
  });
});
