import { expect } from 'vitest';
import type { Netns } from './netns.ts';
import { createPod, type Pod } from './pod.ts';
import { executable } from './run-executable.ts';
import { type Watched, watch } from './watched-plugin.ts';

/** A node, and the files that the engine opens there by itself. */
export type Testbed = { readonly node: Netns; readonly engine: ReadonlySet<string> };

/** Call it when the bridge exists, as for every pod but the first. */
export async function createCostTestbed(node: Netns, pod: Pod): Promise<Testbed> {
  const { opened } = await watch('VERSION', pod, {});
  return { node, engine: new Set(opened) };
}

/**
 * Requires that ADD, CHECK and DEL of a new pod make exactly the requests, open the files and start the processes of the lists in
 * this file. The lists are complete: any additional request, file or process fails the test.
 * @param vlans VLANs of the port, in the words of the plugin's trace
 */
export async function expectCosts(
  testbed: Testbed,
  conf: { readonly bridge: string },
  vlans: string | undefined,
): Promise<void> {
  const pod = await createPod(testbed.node);
  const added = await watch('ADD', pod, conf);
  expectCost(testbed, added, pod, { requests: addRequests(conf.bridge, vlans), files: addFiles });
  const prevResult: unknown = JSON.parse(added.stdout);
  const checked = await watch('CHECK', pod, { ...conf, prevResult });
  expectCost(testbed, checked, pod, {
    requests: checkRequests(conf.bridge, vlans !== undefined),
    files: checkFiles,
  });
  expectCost(testbed, await watch('DEL', pod, conf), pod, { requests: delRequests, files: delFiles });
}

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
    'announce the addresses of link "net1"',
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

/** Files that the plugin opens in addition to the engine's. Placeholders replace names that differ from run to run. */
const addFiles = [
  '/proc/sys/net/ipv4/conf/net1/arp_notify',
  '/proc/sys/net/ipv6/conf/PORT/accept_ra',
  '/proc/sys/net/ipv6/conf/net1/accept_dad',
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

function expectCost(
  { engine }: Testbed,
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
  // Compare with strace too: only waiting for an event may add round trips.
  expect(roundTrips).toBeGreaterThanOrEqual(requests.length);
  expect(roundTrips).toBeLessThanOrEqual(requests.length + waits);
}

/** An engine reads its memory and processor statistics at unpredictable times. */
function isEngineFile(file: string): boolean {
  return (
    ['/proc/self/statm', '/proc/self/maps'].includes(file) || file.startsWith('/sys/devices/system/cpu/')
  );
}

/** Replaces names that differ from run to run by placeholders. */
export function normalized(words: readonly string[], pod: Pod): string[] {
  return words.map((text) =>
    text
      .replace(pod.containerId, 'POD')
      .replace(/veth(?!\s)\w+/, 'PORT')
      .replace(/\/\d+-(vlanbr0|plain0)\./, '/N-BRIDGE.')
      .replace(/\/\d+-PORT/, '/N-PORT')
      .replace(/^look up link \d+$/, 'look up link N'),
  );
}
