import { beforeAll, describe, expect, test } from 'vitest';
import { createNetns, fileCleanup, type Netns } from '../helpers/netns.ts';
import { call, createPod, networkConf, staticIpam } from '../helpers/pod.ts';
import { watch } from '../helpers/watched-plugin.ts';

/** VLAN_BRIDGE_TRACE on a bridge without VLANs, which every kernel supports. */

const cleanup = fileCleanup();
const conf = networkConf({ ipam: staticIpam(['10.20.1.11/24']) });
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
});

/** The lines of a trace: start and duration of a step, and its name. */
function parse(stderr: string) {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, start, took, what] = /^ *(\d+\.\d) ms +(\d+\.\d|) {2}(\S.*)$/.exec(line) ?? [];
      expect(what, line).toBeDefined();
      return { start: Number(start), took: Number(took), what: what ?? '' };
    });
}

describe('with VLAN_BRIDGE_TRACE', () => {
  test('ADD prints the time of each step on stderr, and its usual result', async () => {
    const pod = await createPod(node);
    const { stderr, exitCode, json } = await call('ADD', pod, conf, { env: { VLAN_BRIDGE_TRACE: '1' } });
    expect({ exitCode, json }).toEqual({
      exitCode: 0,
      json: expect.objectContaining({ ips: [{ address: '10.20.1.11/24', interface: 2 }] }),
    });
    const steps = parse(stderr);
    const names = steps.map(({ what }) => what);
    expect(names.slice(0, 6)).toEqual([
      'start the engine',
      'load modules',
      'load the protocol',
      'read stdin',
      'load ADD',
      'check the configuration',
    ]);
    expect(names).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^lock "\/run\/vlan-bridge\/.*\.lock"$/),
        expect.stringMatching(/^netlink: create veth pair "veth\w+" and "net1"$/),
        'netlink: add address "10.20.1.11/24" to link "net1"',
        'netlink: announce the addresses of link "net1"',
      ]),
    );
    expect(names.slice(-2)).toEqual(['write the result', 'exit 0']);
  });

  test('no step ends after the start of the next', async () => {
    const pod = await createPod(node);
    const { stderr } = await call('ADD', pod, conf, { env: { VLAN_BRIDGE_TRACE: '1' } });
    const steps = parse(stderr);
    const overlapping = steps.filter(({ start, took }, index) => {
      const next = steps[index + 1]?.start ?? start;
      // Both times are rounded.
      return start + took > next + 0.15;
    });
    expect(overlapping).toEqual([]);
    expect(steps[0]?.took).toBeGreaterThan(0);
  });

  test.each(['ADD', 'CHECK', 'DEL'])('%s shows every message that strace sees it send', async (verb) => {
    const pod = await createPod(node);
    const added = verb === 'ADD' ? undefined : await call('ADD', pod, conf);
    const { requests, waits, roundTrips } = await watch(verb, pod, { ...conf, prevResult: added?.json });
    expect(requests.length).toBeGreaterThan(1);
    // At least one event arrives between two requests of a wait.
    expect(roundTrips).toBeGreaterThanOrEqual(requests.length);
    expect(roundTrips).toBeLessThanOrEqual(requests.length + waits);
  });

  test('the run of an IPAM plugin is a step', async () => {
    const pod = await createPod(node);
    const ipam = {
      type: 'host-local',
      subnet: '10.30.0.0/24',
      dataDir: `/run/vlan-bridge-trace-${node.name}`,
    };
    const more = { path: '/usr/lib/cni', env: { VLAN_BRIDGE_TRACE: '1' } };
    for (const verb of ['ADD', 'DEL']) {
      const { stderr, exitCode } = await call(verb, pod, networkConf({ ipam }), more);
      expect(exitCode).toBe(0);
      expect(parse(stderr).map(({ what }) => what)).toContain('run "/usr/lib/cni/host-local"');
    }
  });

  test('the trace shows the start of the process when the variable holds its time', async () => {
    const start = `${Date.now() / 1000 - 1}`;
    const { stderr } = await call(
      'STATUS',
      await createPod(node),
      { ...conf, cniVersion: '1.1.0' },
      { env: { VLAN_BRIDGE_TRACE: start } },
    );
    const [first, second] = parse(stderr);
    expect([first?.what, second?.what]).toEqual(['start the process', 'start the engine']);
    expect(first?.took).toBeGreaterThan(1000);
    expect(second?.start).toBe(first?.took);
  });

  test('a failed call shows its last step', async () => {
    const pod = await createPod(node);
    const { stderr, exitCode, json } = await call(
      'ADD',
      pod,
      { ...conf, vlan: 4095 },
      { env: { VLAN_BRIDGE_TRACE: '1' } },
    );
    expect({ exitCode, json }).toEqual({ exitCode: 1, json: expect.objectContaining({ code: 7 }) });
    expect(
      parse(stderr)
        .map(({ what }) => what)
        .slice(2),
    ).toEqual([
      'load the protocol',
      'read stdin',
      'load ADD',
      'check the configuration',
      'write the result',
      'exit 1',
    ]);
  });
});

test.each([
  ['absent', undefined],
  ['empty', ''],
  ['0', '0'],
])('no verb prints on stderr when VLAN_BRIDGE_TRACE is %s', async (_what, value) => {
  const pod = await createPod(node);
  const env = { VLAN_BRIDGE_TRACE: value };
  const { stdout } = await call('ADD', pod, conf, { env });
  const prevResult = JSON.parse(stdout);
  for (const verb of ['CHECK', 'DEL', 'VERSION', 'STATUS']) {
    const cniVersion = verb === 'STATUS' ? '1.1.0' : '1.0.0';
    const { stderr, exitCode } = await call(verb, pod, { ...conf, cniVersion, prevResult }, { env });
    expect({ verb, stderr, exitCode }).toEqual({ verb, stderr: '', exitCode: 0 });
  }
});
