import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RecursionError, refuseRecursion, withCaller } from '../../src/cni/recursion.ts';
import { ancestorIds, processId } from '../../src/sys/process-tree.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

test('a delegate that is a link to the executable of this process is refused', () => {
  const file = join(temporaryDirectory(), 'other');
  symlinkSync(process.execPath, file);
  const remedy = 'name an IPAM plugin, such as "host-local"';
  expect(cniErrorOf(() => refuseRecursion('other', file, {}))).toEqual({
    code: 7,
    msg: `ipam.type "other" leads to this plugin itself, "${file}"; ${remedy}`,
    details: undefined,
  });
  expect(() => refuseRecursion('other', file, {})).toThrow(RecursionError);
});

const [parent = ''] = ancestorIds();

describe('VLAN_BRIDGE_CALLERS', () => {
  test.each([
    ['is absent', undefined, []],
    ['is empty', '', []],
    ['is no list of processes', 'junk', []],
    ['is a number', '99', []],
    ['holds nothing but commas', ',,,,,,', []],
    ['names pids alone', `1,${process.ppid},2,3,4,5,6,7`, []],
    ['names processes of another start', `1:9999999999999,${process.ppid}:7,2:7,3:7,4:7`, []],
    ['names one process again and again', `${parent},${parent},${parent},${parent}`, [parent]],
    ['names this process itself', `${processId()}`, []],
    ['names an ancestor between junk', `junk,${parent},9`, [parent]],
    ['is a megabyte', 'x,'.repeat(500_000), []],
  ])('that %s does no harm, and a delegate gets what is true of it', (_what, value, expected) => {
    const environment = { CNI_IFNAME: 'net1', VLAN_BRIDGE_CALLERS: value };
    refuseRecursion('sh', '/bin/sh', environment);
    expect(withCaller(environment)).toEqual({
      CNI_IFNAME: 'net1',
      VLAN_BRIDGE_CALLERS: [...expected, processId()].join(','),
    });
  });
});
