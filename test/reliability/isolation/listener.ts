import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, vi } from 'vitest';
import { startBackground } from '../../helpers/background.ts';
import { decodeFrame, markText, type SeenFrame } from '../../helpers/marked-frame.ts';
import { type Cleanup, EXEC_TIMEOUT_MS, type Netns } from '../../helpers/netns.ts';

/** A running tcpdump of the frames that a link receives. */
export type Listener = {
  /** Waits until a frame with the mark has arrived. */
  readonly heard: (mark: string) => Promise<void>;
  /** Ends tcpdump and returns all frames. @throws Error when the kernel dropped some of them */
  readonly frames: () => Promise<readonly SeenFrame[]>;
};

const HEARD_TIMEOUT_MS = 30_000;
/** Captured bytes of a frame: enough for every header and mark. */
const SNAPLEN = '160';

/**
 * Listens on a link without making it promiscuous: it captures the frames that the link accepts. It sees every frame that arrives
 * after the promise is fulfilled.
 * @param ifname `any` for all links, including later ones; only the mark of these frames is reliable
 */
export async function listen(
  { netns, ifname, filter = '' }: { netns: Netns; ifname: string; filter?: string },
  cleanup: Cleanup,
): Promise<Listener> {
  const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-listener-'));
  cleanup(async () => rmSync(folder, { recursive: true }));
  const file = join(folder, 'pcap');
  const options = [
    '-n',
    '-p',
    '-U',
    '-Q',
    'in',
    '--immediate-mode',
    '-s',
    SNAPLEN,
    '-B',
    '16384',
    '-Z',
    'root',
  ];
  const words = ['tcpdump', ...options, '-w', file, '-i', ifname, filter];
  const program = startBackground(netns, words, cleanup);
  await program.until(/listening on /, HEARD_TIMEOUT_MS);
  const requireMark = (mark: string): void => {
    if (!readFileSync(file).includes(markText(mark)))
      throw new Error(`"${mark}" did not come to ${ifname} of ${netns.name}`);
  };
  return {
    heard: (mark) => vi.waitFor(() => requireMark(mark), { timeout: HEARD_TIMEOUT_MS, interval: 100 }),
    frames: async () => {
      program.interrupt();
      expect(await program.ended()).toMatch(/^0 packets dropped by kernel$/m);
      return readFrames(file);
    },
  };
}

/** Reads the file with tcpdump, which inserts the VLAN tags that the kernel keeps apart from the frame. */
async function readFrames(file: string): Promise<readonly SeenFrame[]> {
  const options = { timeout: EXEC_TIMEOUT_MS, maxBuffer: 1_000_000_000 };
  const { stdout } = await execa('tcpdump', ['-n', '-t', '-xx', '-r', file], options);
  return stdout
    .split(/^(?=\S)/m)
    .map((record) => Array.from(record.matchAll(/^\t0x[0-9a-f]+: +(.*)$/gm), ([, hex = '']) => hex).join(''))
    .filter((hex) => hex !== '')
    .map((hex) => decodeFrame(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
}
