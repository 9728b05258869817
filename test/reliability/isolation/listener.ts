import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, vi } from 'vitest';
import { startBackground } from '../../helpers/background.ts';
import { decodeFrame, markText, type SeenFrame } from '../../helpers/marked-frame.ts';
import { type Cleanup, EXEC_TIMEOUT_MS, type Netns } from '../../helpers/netns.ts';

/** tcpdump at work on what comes in by a link, for as long as it takes. */
export type Listener = {
  /** Waits until a frame with the mark has come. */
  readonly heard: (mark: string) => Promise<void>;
  /** Ends it: everything that has come in, or an error when the kernel could not hand over all of it. */
  readonly frames: () => Promise<readonly SeenFrame[]>;
};

const HEARD_TIMEOUT_MS = 30_000;
/** Enough for every header and mark. */
const SNAPLEN = '160';

/**
 * Listens on a link, without making it promiscuous: what it shows is what the kernel would hand to those behind the link. All that
 * comes in after the promise is fulfilled is seen.
 * @param ifname `any` for all links, those included that come later; of these frames the mark alone is to be relied on
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

/** What tcpdump itself makes of the file: VLAN tags are apart from the frame in the kernel, and it puts them back in. */
async function readFrames(file: string): Promise<readonly SeenFrame[]> {
  const options = { timeout: EXEC_TIMEOUT_MS, maxBuffer: 1_000_000_000 };
  const { stdout } = await execa('tcpdump', ['-n', '-t', '-xx', '-r', file], options);
  return stdout
    .split(/^(?=\S)/m)
    .map((record) => Array.from(record.matchAll(/^\t0x[0-9a-f]+: +(.*)$/gm), ([, hex = '']) => hex).join(''))
    .filter((hex) => hex !== '')
    .map((hex) => decodeFrame(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
}
