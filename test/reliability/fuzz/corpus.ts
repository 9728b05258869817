import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Call } from './call.ts';

/** Text, or text that stands there several times. */
type Part = string | { readonly text: string; readonly times: number };

/** Calls that were once answered badly: files of test/fixtures/fuzz/calls. */
export type SavedCall = Call & { readonly name: string };

/** Datagrams that were once read badly: files of test/fixtures/fuzz/datagrams. */
export type SavedDatagram = {
  readonly name: string;
  readonly decoder: string;
  readonly datagrams: readonly Buffer[];
};

/** Every saved call. */
export function savedCalls(): readonly SavedCall[] {
  return read<{ env: Record<string, string>; stdin: readonly Part[] }>('calls').map(
    ([name, { env, stdin }]) => ({
      name,
      env,
      stdin: Buffer.from(stdin.map(textOf).join('')),
    }),
  );
}

/** Every saved datagram. */
export function savedDatagrams(): readonly SavedDatagram[] {
  return read<{ decoder: string; datagrams: readonly string[] }>('datagrams').map(
    ([name, { decoder, datagrams }]) => ({
      name,
      decoder,
      datagrams: datagrams.map((hex) => Buffer.from(hex, 'hex')),
    }),
  );
}

function textOf(part: Part): string {
  return typeof part === 'string' ? part : part.text.repeat(part.times);
}

function read<Content>(folder: string): readonly (readonly [name: string, content: Content])[] {
  const path = join(fileURLToPath(new URL('../../fixtures/fuzz', import.meta.url)), folder);
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  return names
    .sort()
    .map((name) => [name.replace('.json', ''), JSON.parse(readFileSync(join(path, name), 'utf8'))]);
}
