import { resolve } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { startBackground } from '../../helpers/background.ts';
import { encodeFrame } from '../../helpers/marked-frame.ts';
import { fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { soak } from '../../helpers/soak.ts';
import { createTrunk, failingIpam } from '../../helpers/trunk.ts';
import { type Egress, type PortKind, TAGGED_FRAMES, tagsAt } from './isolation.ts';
import { type Listener, listen } from './listener.ts';

requireVlanFiltering();
const cleanup = fileCleanup();

const ROUNDS = soak ? 50 : 5;
const START_MS = 60_000;
const FLOOD = resolve(import.meta.dirname, 'flood.ts');
const MACS = { pod: '02:5e:00:00:00:01', wire: '02:5e:00:00:00:02' };
const ADDRESS = '10.20.1.11/24';
/** What the pod's own kernel sends. */
const OWN = 'own';

type CapturePoint = { readonly netns: Netns; readonly ifname: string };
type Listeners = Readonly<Record<string, Listener>>;

/** Who listens while the pod comes and goes: all VLANs that a frame could be on, the bridge's default one above all. */
const STATIONS: Readonly<Record<string, Egress>> = {
  same: { untagged: 100, tagged: [] },
  vlan1: { untagged: 1, tagged: [] },
  vlan200: { untagged: 200, tagged: [] },
  tagged: { tagged: [1, 100, 200] },
  wire: { untagged: 1, tagged: [100, 200] },
  bridge: { untagged: 1, tagged: [] },
};
const PODS = {
  same: { vlan: 100 },
  vlan1: { vlan: 1 },
  vlan200: { vlan: 200 },
  tagged: { vlanTrunk: [{ minID: 1, maxID: 1 }, { id: 100 }, { id: 200 }] },
};

let node: Netns;
let wire: Netns;
let capturePoints: readonly (readonly [string, CapturePoint])[];

beforeAll(async () => {
  ({ node, wire } = await createTrunk({ cleanup }));
  // Somebody else's, which puts every port on VLAN 1 that joins it, the uplink and itself included.
  await ip(node, 'link add vlanbr0 up type bridge vlan_filtering 1 mcast_snooping 0');
  const pods = await Promise.all(
    Object.entries(PODS).map(async ([name, keys]) => {
      const pod = await createPod(node, cleanup);
      await add(pod, networkConf({ ...keys, name, uplink: 'trunk0' }));
      return [name, { netns: pod.netns, ifname: 'net1' }] as const;
    }),
  );
  const elsewhere = { wire: { netns: wire, ifname: 'port0' }, bridge: { netns: node, ifname: 'vlanbr0' } };
  capturePoints = [...pods, ...Object.entries(elsewhere)];
});

test.each<{ kind: PortKind; keys: object; ipam: object; own: string | undefined; gets: readonly string[] }>([
  {
    kind: 'access',
    keys: { vlan: 100 },
    ipam: { ipam: staticIpam([ADDRESS]) },
    own: '100',
    gets: ['100'],
  },
  {
    kind: 'tagged',
    keys: { vlanTrunk: [{ id: 100 }, { id: 200 }] },
    ipam: {},
    own: undefined,
    gets: ['100', '200'],
  },
])(
  'a pod on a port of kind $kind that floods and is flooded from its first moment to its last sends and gets no frame on a wrong VLAN',
  async ({ kind, keys, ipam, own, gets }) => {
    const pod = await createPod(node);
    const conf = networkConf({ ...keys, ...ipam, name: 'coming', uplink: 'trunk0', mac: MACS.pod });
    const failing = { ...conf, ipam: failingIpam(ADDRESS) };
    const around = await listenAround();
    const inside = await listen({ netns: pod.netns, ifname: 'any' }, onTestFinished);
    await startFlood({ netns: wire, ifname: 'port0' }, 'wire', ['', '1', '100', '200']);
    await startFlood(
      { netns: pod.netns, ifname: 'net1' },
      'pod',
      TAGGED_FRAMES.map(({ tags }) => tags),
    );
    await comeAndGo(pod, { conf, failing, until: () => heard(around, inside) });
    expect(await seenAround(around)).toEqual(
      Object.fromEntries(
        Object.entries(STATIONS).map(([station, egress]) => [station, expectedAt(egress, kind, own)]),
      ),
    );
    expect(await seenInside(inside)).toEqual(gets.map((tags) => markOf('wire', tags)));
  },
);

/** Comes and goes, the first time not before everything has been sent once; and fails to come, when everything is in point but a route. */
async function comeAndGo(
  pod: Pod,
  { conf, failing, until }: { conf: object; failing: object; until: () => Promise<void> },
): Promise<void> {
  await add(pod, conf);
  await until();
  await del(pod, conf);
  for (let round = 1; round < ROUNDS; round += 1) {
    await add(pod, conf);
    await del(pod, conf);
  }
  expect(await refusal('ADD', pod, failing)).toMatchObject({ code: 100 });
}

/** Has the last of the frames that come at all come from the pod, and one to it. */
async function heard(around: Listeners, inside: Listener): Promise<void> {
  await around.tagged?.heard(markOf('pod', '100 ad200'));
  await inside.heard(markOf('wire', '100'));
}

async function listenAround(): Promise<Listeners> {
  const started = capturePoints.map(
    async ([name, point]) =>
      [name, await listen({ ...point, filter: `ether src ${MACS.pod}` }, onTestFinished)] as const,
  );
  return Object.fromEntries(await Promise.all(started));
}

async function startFlood(
  { netns, ifname }: CapturePoint,
  sender: keyof typeof MACS,
  sent: readonly string[],
): Promise<void> {
  const header = { source: MACS[sender], destination: 'ff:ff:ff:ff:ff:ff' };
  const frames = sent.map((tags) => encodeFrame({ ...header, tags, mark: markOf(sender, tags) }));
  const words = [process.execPath, FLOOD, ifname, ...frames.map((frame) => frame.toString('hex'))];
  await startBackground(netns, words, onTestFinished).until(/^at work$/m, START_MS);
}

/** What has come to each station: what it was sent as, and how it arrived. */
async function seenAround(around: Listeners): Promise<Readonly<Record<string, readonly string[]>>> {
  const seen = Object.entries(around).map(async ([station, listener]) => {
    const frames = await listener.frames();
    const words = frames.map(({ mark = markOf('pod', OWN), tags }) => arrivalOf(mark, tags));
    return [station, [...new Set(words)].sort()] as const;
  });
  return Object.fromEntries(await Promise.all(seen));
}

async function seenInside(inside: Listener): Promise<readonly string[]> {
  const marks = (await inside.frames()).flatMap(({ mark }) => mark ?? []);
  return [...new Set(marks)].sort();
}

function expectedAt(egress: Egress, kind: PortKind, own: string | undefined): readonly string[] {
  const sent = [...TAGGED_FRAMES.map(({ tags, put }) => [tags, put[kind]] as const), [OWN, own] as const];
  const arrivals = sent.flatMap(([tags, put]) => {
    const there = tagsAt(egress, put);
    return there === undefined ? [] : [arrivalOf(markOf('pod', tags), there)];
  });
  return arrivals.sort();
}

function markOf(sender: keyof typeof MACS, tags: string): string {
  return `${sender} ${tags || 'untagged'}`;
}

function arrivalOf(mark: string, tags: string): string {
  return `${mark} -> ${tags || 'untagged'}`;
}
