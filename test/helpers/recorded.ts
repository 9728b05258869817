import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the small IPAM plugins, for CNI_PATH. */
export const fixtureBin = fileURLToPath(new URL('../fixtures/bin', import.meta.url));

/** How a plugin was called. */
export type RecordedCall = {
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** The number of arguments. */
  readonly arguments: number;
};

/** The last call of the `records` plugin with this verb; `folder` is its $RECORDS. */
export function recordedCall(folder: string, verb: string): RecordedCall {
  const text = (kind: string): string => readFileSync(join(folder, `${verb}.${kind}`), 'utf8');
  const pairs = text('environment').split('\0').filter(Boolean);
  return {
    environment: Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s, 2))),
    stdin: text('stdin'),
    arguments: Number(text('arguments')),
  };
}

/** The verbs that the `records` plugin was called with, in order. */
export function recordedVerbs(folder: string): string[] {
  const file = join(folder, 'verbs');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}
