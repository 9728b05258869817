import { beforeAll, describe, expect, test } from 'vitest';
import { encodeFrame, type MarkedFrame, type SeenFrame } from '../../helpers/marked-frame.ts';
import { exec, fileCleanup } from '../../helpers/netns.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { sendAll } from '../../helpers/traffic.ts';
import { CONTENTS, EVERYBODY, macOf, spoofedFrames } from './hostile-frames.ts';
import { type Egress, TAGGED_FRAMES, tagsAt } from './isolation.ts';
import { createTestbed, EGRESS, endListeners, STATIONS, type StationName, type Testbed } from './testbed.ts';

requireVlanFiltering();
const cleanup = fileCleanup();

/** One frame that a pod sends, and what is to become of it. */
type Row = {
  readonly title: string;
  readonly frame: MarkedFrame;
  /** Where the port puts it, as in TAGGED_FRAMES. */
  readonly put: string | undefined;
  /** Who on the VLAN gets it: `everybody`, `nobody` or a pod. */
  readonly to: string;
};

const SENDERS = ['access', 'tagged', 'native', 'checked', 'isolated'] as const;
const ASPECTS = ['tags', 'content', 'addresses'] as const;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const END = 'the end';

let testbed: Testbed;
let seen: Readonly<Record<string, readonly SeenFrame[]>>;

beforeAll(async () => {
  testbed = await createTestbed(cleanup);
  for (const sender of SENDERS) {
    // The bridge is to know where this pod is, whoever has sent from its address before.
    await send('same', [{ source: macOf(testbed.macs, 'same'), destination: BROADCAST, mark: 'hello' }]);
    await send(
      sender,
      ASPECTS.flatMap((aspect) => rowsOf(sender, aspect).map(({ frame }) => frame)),
    );
  }
  await sendEnd();
  await Promise.all(Object.values(testbed.listeners).map(({ heard }) => heard(END)));
  seen = await endListeners(testbed);
}, 300_000);

describe.each(SENDERS)('of the frames of the pod "%s"', (sender) => {
  test.each(ASPECTS)('none gets to where it does not belong, whatever its %s', (aspect) => {
    const rows = rowsOf(sender, aspect);
    const found = rows.map(({ title, frame }) => inWords(title, (station) => seenAt(station, frame.mark)));
    const expected = rows.map((row) => inWords(row.title, (station) => expectedAt(station, sender, row)));
    expect(found).toEqual(expected);
  });
});

test('every one of the listeners has seen what it had to see to the very end', () => {
  expect(inWords(END, (station) => seenAt(station, END))).toBe(
    'the end -> access: untagged; tagged: 100, 200; native: untagged, 200; checked: untagged; isolated: untagged; isolated2: untagged; same: untagged; vlan1: untagged; vlan200: untagged; wire: 1; bridge: 100; gateway: untagged',
  );
});

/** The frames of one pod, in the order in which they are sent. */
function rowsOf(sender: StationName, aspect: (typeof ASPECTS)[number]): readonly Row[] {
  const own = { source: macOf(testbed.macs, sender), destination: BROADCAST };
  const mark = (index: number): string => `${sender} ${aspect} ${index}`;
  if (aspect === 'tags') {
    return TAGGED_FRAMES.map(({ tags, put }, index) => ({
      title: tags || 'untagged',
      frame: { ...own, tags, mark: mark(index) },
      put: put[STATIONS[sender].kind],
      to: EVERYBODY,
    }));
  }
  const macs = { ...testbed.macs, port: testbed.hostMacs[sender] ?? '' };
  const hostileFrames = aspect === 'content' ? CONTENTS : spoofedFrames(macs);
  const both = hostileFrames.flatMap((hostile) => ['', '100'].map((tags) => ({ ...hostile, tags })));
  return both.map(({ name, to, tags, ...frame }, index) => ({
    title: `${name}, ${tags || 'untagged'}`,
    frame: { ...own, ...frame, tags, mark: mark(index) },
    put: putWith(tags, sender),
    to,
  }));
}

function putWith(tags: string, sender: StationName): string | undefined {
  const found = TAGGED_FRAMES.find((frame) => frame.tags === tags);
  return found?.put[STATIONS[sender].kind];
}

/** The tags that the frame is to have at the station; none at all where it is not to come. */
function expectedAt(station: string, sender: StationName, { frame, put, to }: Row): readonly string[] {
  if (station === sender || (to !== EVERYBODY && to !== station)) return [];
  if (sender === 'checked' && frame.source !== macOf(testbed.macs, sender)) return [];
  if (sender === 'isolated' && station === 'isolated2') return [];
  return [tagsAt(egressOf(station), put)].filter((tags) => tags !== undefined);
}

function seenAt(station: string, mark: string): readonly string[] {
  return (seen[station] ?? []).filter((frame) => frame.mark === mark).map(({ tags }) => tags);
}

/** `TITLE -> same: untagged; wire: 100`, or `TITLE -> nobody`. */
function inWords(title: string, tagsOf: (station: string) => readonly string[]): string {
  const cells = Object.keys(EGRESS).map((station) => [station, tagsOf(station)] as const);
  const words = cells
    .filter(([, tags]) => tags.length > 0)
    .map(([station, tags]) => `${station}: ${tags.map((each) => each || 'untagged').join(', ')}`);
  return `${title} -> ${words.join('; ') || 'nobody'}`;
}

/**
 * A frame on every VLAN that there is, after all others. The bridge itself is put on a VLAN for it: until then it is on none, and
 * nothing tells its silence from that of a listener that hears nothing.
 */
async function sendEnd(): Promise<void> {
  const { node, wire } = testbed;
  await exec(node, 'bridge', ['vlan', 'add', 'dev', 'vlanbr0', 'vid', '100', 'self']);
  const end = { source: '02:66:00:00:00:ff', destination: BROADCAST, mark: END };
  const frames = ['1', '100', '200'].map((tags) => encodeFrame({ ...end, tags }));
  await sendAll(wire, 'port0', frames);
  await send('vlan1', [end]);
}

function send(sender: StationName, frames: readonly MarkedFrame[]): Promise<void> {
  return sendAll(testbed.pods[sender].netns, 'net1', frames.map(encodeFrame));
}

function egressOf(station: string): Egress {
  const egress = EGRESS[station];
  if (egress === undefined) throw new Error(`no station "${station}"`);
  return egress;
}
