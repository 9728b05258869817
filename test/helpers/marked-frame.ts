/** An Ethernet frame with a mark, by which a listener recognises it even when a bridge has changed its tags. */
export type MarkedFrame = {
  readonly source: string;
  readonly destination: string;
  /** Its tags from the outside in, see `tagBytes`; none when absent. */
  readonly tags?: string;
  /** EtherType, or the length of an 802.3 frame; an experimental type when absent. */
  readonly type?: number;
  /** The bytes before the mark; none when absent. */
  readonly body?: Buffer;
  readonly mark: string;
  /** Length in bytes without tags; the shortest possible when absent. */
  readonly size?: number;
};

/** A captured frame. `tags` as in MarkedFrame, empty without tags; `mark` is absent on frames from other programs. */
export type SeenFrame = {
  readonly source: string;
  readonly tags: string;
  readonly mark: string | undefined;
};

/** linux/if_ether.h: ETH_ZLEN and ETH_HLEN. */
const LEAST_SIZE = 60;
const HEADER_SIZE = 14;
const EXPERIMENTAL = 0x88b5;
/** By the letters before the VID. */
const TPIDS: Readonly<Record<string, number>> = { '': 0x8100, ad: 0x88a8, old: 0x9100 };

export function encodeFrame(frame: MarkedFrame): Buffer {
  const { source, destination, tags = '', type = EXPERIMENTAL, body = Buffer.alloc(0), mark } = frame;
  const content = Buffer.concat([body, Buffer.from(markText(mark))]);
  const padding = Buffer.alloc(Math.max(0, (frame.size ?? LEAST_SIZE) - HEADER_SIZE - content.length));
  const header = [macBytes(destination), macBytes(source), tagBytes(tags), u16be(type)];
  return Buffer.concat([...header, content, padding]);
}

/** The mark as the bytes of a frame contain it. */
export function markText(mark: string): string {
  return `<<${mark}>>`;
}

/** @param bytes a frame from its destination on, at least as far as its mark */
export function decodeFrame(bytes: Buffer): SeenFrame {
  const source = bytes.toString('hex', 6, 12).replace(/(..)(?=.)/g, '$1:');
  const [, mark] = /<<(.*?)>>/.exec(bytes.toString('latin1')) ?? [];
  return { source, tags: readTags(bytes, 12).join(' '), mark };
}

/** `100`, `ad100` (an 802.1ad tag), `old100` (used before there was a standard), `100 200` (two, the first outside). */
function tagBytes(tags: string): Buffer {
  const words = tags.split(' ').filter(Boolean);
  return Buffer.concat(words.map((word) => Buffer.concat([u16be(tpidOf(word)), u16be(vidOf(word))])));
}

function readTags(bytes: Buffer, offset: number): readonly string[] {
  const tpid = bytes.readUInt16BE(offset);
  const found = Object.entries(TPIDS).find(([, value]) => value === tpid);
  if (found === undefined) return [];
  return [`${found[0]}${bytes.readUInt16BE(offset + 2) & 0xfff}`, ...readTags(bytes, offset + 4)];
}

function tpidOf(word: string): number {
  const tpid = TPIDS[word.replace(/\d+$/, '')];
  if (tpid === undefined) throw new Error(`no such tag: "${word}"`);
  return tpid;
}

function vidOf(word: string): number {
  return Number(word.replace(/^\D*/, ''));
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function u16be(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
