import { expect, test } from 'vitest';
import { closeNetns, openNetns, withNetns } from '../../src/sys/netns.ts';
import { readSysctl, writeSysctl } from '../../src/sys/sysctl.ts';
import { temporaryNetns } from '../helpers/temporary.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

test('reads and writes the settings of the namespace that the thread is in, and of no other', () => {
  const path = 'net/ipv4/ip_default_ttl';
  const outside = readSysctl(path);
  const netns = openNetns(temporaryNetns());
  const inside = withNetns(netns, () => {
    const before = readSysctl(path);
    writeSysctl(path, 33);
    return { before, after: readSysctl(path) };
  });
  closeNetns(netns);
  expect(inside).toEqual({ before: '64', after: '33' });
  expect(readSysctl(path)).toBe(outside);
});

test('names the setting that does not exist', () => {
  const message =
    'open "/proc/sys/net/ipv4/conf/no-such-link/forwarding": ENOENT (no such file or directory)';
  expect(thrownBy(() => readSysctl('net/ipv4/conf/no-such-link/forwarding'))).toMatchObject({ message });
  expect(thrownBy(() => writeSysctl('net/ipv4/conf/no-such-link/forwarding', 1))).toMatchObject({ message });
});

test('names the setting that the kernel refuses the value of', () => {
  const netns = openNetns(temporaryNetns());
  const error = thrownBy(() => withNetns(netns, () => writeSysctl('net/ipv4/ip_default_ttl', 'many')));
  closeNetns(netns);
  expect(error).toMatchObject({
    message: 'write "/proc/sys/net/ipv4/ip_default_ttl": EINVAL (invalid argument)',
  });
});
