import { expect, test, vi } from 'vitest';
import { inPrivateRun } from '../../sys/in-private-run.ts';

// A process is started for each test.
vi.setConfig({ testTimeout: 60_000 });

type Modules = typeof import('../../../src/plugin/state/masquerade-record.ts') &
  typeof import('../../../src/plugin/state/attachment.ts') &
  typeof import('node:fs');
type Load = (path: string) => Promise<Modules>;

test('what is written is read, listed for its network, and forgotten', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { listMasqueradeRecords, readMasqueradeRecord, removeMasqueradeRecord, writeMasqueradeRecord } =
      await load('plugin/masquerade-record.ts');
    const { hostEndOf } = await load('plugin/attachment.ts');
    const records = ['blue', 'red'].map((network) => ({
      network,
      containerId: 'pod',
      ifname: 'net1',
      backend: 'iptables' as const,
    }));
    const owners = records.map(hostEndOf);
    const look = () => [owners.map(readMasqueradeRecord), listMasqueradeRecords('blue')];
    const looks = [look()];
    records.forEach(writeMasqueradeRecord);
    looks.push(look());
    owners.slice(0, 1).forEach(removeMasqueradeRecord);
    looks.push(look());
    return looks;
  });
  const [blue, red] = ['blue', 'red'].map((network) => ({
    network,
    containerId: 'pod',
    ifname: 'net1',
    backend: 'iptables',
  }));
  expect(shown).toEqual([
    [[null, null], []],
    [[blue, red], [blue]],
    [[null, red], []],
  ]);
});

test('a record of another network namespace, or one that cannot be read, says nothing', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { writeFileSync } = await load('node:fs');
    const { listMasqueradeRecords, readMasqueradeRecord, writeMasqueradeRecord } = await load(
      'plugin/masquerade-record.ts',
    );
    const { hostEndOf } = await load('plugin/attachment.ts');
    const record = { network: 'blue', containerId: 'pod', ifname: 'net1', backend: 'nftables' as const };
    const hostEnd = hostEndOf(record);
    writeMasqueradeRecord(record);
    const { readdirSync } = await load('node:fs');
    const [name = ''] = readdirSync('/run/vlan-bridge');
    const path = `/run/vlan-bridge/${name}`;
    const contents = ['', 'no JSON', '[]', '{}', JSON.stringify({ ...record, backend: 'pf' })];
    writeFileSync(`/run/vlan-bridge/1-${hostEnd.hostName}.masquerade`, JSON.stringify(record));
    return contents.map((content) => {
      writeFileSync(path, content);
      return [readMasqueradeRecord(hostEnd) ?? null, listMasqueradeRecords('blue')];
    });
  });
  expect(shown).toEqual(Array.from({ length: 5 }, () => [null, []]));
});
