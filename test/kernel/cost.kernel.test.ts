import { beforeAll, describe, expect, test } from 'vitest';
import { createNetns, fileCleanup, ip, type Netns } from '../helpers/netns.ts';
import { call, createPod, networkConf, type Pod, staticIpam } from '../helpers/pod.ts';
import { requireVlanFiltering } from '../helpers/require-kernel.ts';
import { executable } from '../helpers/run-plugin.ts';
import { type Watched, watch } from '../helpers/watched-plugin.ts';

/**
 * What a call costs that can be counted: round trips to the kernel, files, processes. The lists are complete, so that nothing is
 * added to them unnoticed. The bridge is there already, as it is for every pod but the first.
 */

const cleanup = fileCleanup();
let node: Netns;
/** What the engine opens by itself. */
let engine: ReadonlySet<string>;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  await ip(node, 'link add plain0 up type bridge');
  const { opened } = await watch('VERSION', await createPod(node, cleanup), {});
  engine = new Set(opened);
});

const ipam = staticIpam(['10.20.1.11/24']);
const plain = networkConf({ bridge: 'plain0', ipam });
const access = networkConf({ vlan: 100, ipam });
const trunk = networkConf({ vlanTrunk: [{ minID: 1, maxID: 4094 }], ipam });

/** The requests of an ADD on this bridge; the port's VLANs, if any, are set and read back. */
function addRequests(bridge: string, vlans: string | undefined): readonly string[] {
  return [
    'look up link "net1"',
    'look up link "PORT"',
    `look up link "${bridge}"`,
    'create veth pair "PORT" and "net1"',
    'look up link "PORT"',
    ...(vlans === undefined ? [] : [`add VLAN ${vlans} to port "PORT"`, 'list VLANs of port "PORT"']),
    'set link "PORT" up',
    'look up link N',
    'look up link "net1"',
    'set link "net1" up',
    'look up link N',
    'add address "10.20.1.11/24" to link "net1"',
    'set alias of link "PORT"',
  ];
}

function checkRequests(bridge: string, filtering: boolean): readonly string[] {
  return [
    'look up link "PORT"',
    'look up link "net1"',
    `look up link "${bridge}"`,
    ...(filtering ? ['list VLANs of port "PORT"'] : []),
    'list addresses of link "net1"',
  ];
}

const delRequests = ['look up link "PORT"', 'delete link "PORT"'];

/** What is opened beyond what the engine opens: names that differ from run to run are replaced. */
const addFiles = [
  '/proc/sys/net/ipv4/conf/net1/arp_notify',
  '/proc/sys/net/ipv6/conf/PORT/accept_ra',
  '/proc/sys/net/ipv6/conf/net1/accept_dad',
  '/proc/thread-self/ns/net',
  '/proc/thread-self/ns/net',
  '/proc/thread-self/ns/net',
  '/proc/thread-self/ns/net',
  '/run/netns/POD',
  '/run/vlan-bridge',
  '/run/vlan-bridge/N-BRIDGE.lock',
  '/run/vlan-bridge/N-BRIDGE.turn',
  '/run/vlan-bridge/N-PORT.attaching',
];
const checkFiles = ['/proc/thread-self/ns/net', '/run/netns/POD'];
const delFiles = ['/run/vlan-bridge', '/run/vlan-bridge', '/run/vlan-bridge/N-PORT.masquerade'];

describe('without VLANs', () => {
  test('ADD, CHECK and DEL make no more round trips, open no more files and start no process', () =>
    expectCosts(plain, undefined));
});

describe('with VLANs', () => {
  requireVlanFiltering();

  test.each([
    ['an access port', access, '100 pvid untagged'],
    ['a trunk of all VLANs', trunk, '1-4094'],
  ])(
    '%s makes no more round trips, opens no more files and starts no process',
    async (_what, conf, vlans) => {
      await call('ADD', await createPod(node), conf);
      await expectCosts(conf, vlans);
    },
  );

  test('a trunk of all VLANs takes three requests for the port: it is made, put on its VLANs, and these are read back', async () => {
    const pod = await createPod(node);
    const { requests } = await watch('ADD', pod, trunk);
    expect(normalized(requests, pod).filter((step) => /veth pair|VLAN/.test(step))).toEqual([
      'create veth pair "PORT" and "net1"',
      'add VLAN 1-4094 to port "PORT"',
      'list VLANs of port "PORT"',
    ]);
  });
});

/** @param vlans of the port, as the plugin words them */
async function expectCosts(conf: { readonly bridge: string }, vlans: string | undefined): Promise<void> {
  const pod = await createPod(node);
  const added = await watch('ADD', pod, conf);
  expectCost(added, pod, { requests: addRequests(conf.bridge, vlans), files: addFiles });
  const prevResult: unknown = JSON.parse(added.stdout);
  const checked = await watch('CHECK', pod, { ...conf, prevResult });
  expectCost(checked, pod, { requests: checkRequests(conf.bridge, vlans !== undefined), files: checkFiles });
  expectCost(await watch('DEL', pod, conf), pod, { requests: delRequests, files: delFiles });
}

function expectCost(
  watched: Watched,
  pod: Pod,
  { requests, files }: { requests: readonly string[]; files: readonly string[] },
): void {
  const { opened, started, forks, roundTrips, waits } = watched;
  expect({
    requests: normalized(watched.requests, pod),
    files: normalized(
      opened.filter((file) => !engine.has(file) && !isEngineFile(file)),
      pod,
    ).sort(),
    started,
    forks,
  }).toEqual({ requests, files, started: [executable()], forks: 0 });
  // strace has the last word; only waiting may add to what is listed above.
  expect(roundTrips).toBeGreaterThanOrEqual(requests.length);
  expect(roundTrips).toBeLessThanOrEqual(requests.length + waits);
}

/** An engine looks at its own memory when it thinks fit. */
function isEngineFile(file: string): boolean {
  return file === '/proc/self/statm' || file === '/proc/self/maps';
}

function normalized(words: readonly string[], pod: Pod): string[] {
  return words.map((text) =>
    text
      .replace(pod.containerId, 'POD')
      .replace(/veth(?!\s)\w+/, 'PORT')
      .replace(/\/\d+-(vlanbr0|plain0)\./, '/N-BRIDGE.')
      .replace(/\/\d+-PORT/, '/N-PORT')
      .replace(/^look up link \d+$/, 'look up link N'),
  );
}
