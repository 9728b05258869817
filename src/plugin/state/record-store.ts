import { CniError } from '../../cni/error.ts';
import { parseJson } from '../../cni/json.ts';
import {
  listRunFiles,
  type RunDirectory,
  readRunFile,
  removeRunFile,
  writeRunFile,
} from './run-directory.ts';

/** Records of one kind, one JSON file each, all of the current network namespace. */
export type RecordStore<Content> = {
  /** The record; `undefined` when it does not exist, or cannot be understood. @throws SyscallError, UntrustedFile */
  readonly read: (name: string) => Content | undefined;
  /** All records that can be understood. @throws SyscallError, UntrustedFile */
  readonly list: () => readonly Content[];
  /** Writes or replaces a record, whole or not at all. @throws SyscallError, UntrustedFile */
  readonly write: (name: string, content: Content) => void;
  /** Removes a record; one that does not exist is no error. @throws SyscallError */
  readonly remove: (name: string) => void;
};

/**
 * @param suffix the end of the file names, which tells the kind
 * @param parse makes a record of parsed JSON; `undefined` for JSON that is not one
 */
export function recordStore<Content>(
  run: RunDirectory,
  suffix: string,
  parse: (json: unknown) => Content | undefined,
): RecordStore<Content> {
  const read = (file: string): Content | undefined => {
    const text = readRunFile(run, file);
    return text === undefined ? undefined : parseText(text, parse);
  };
  return {
    read: (name) => read(`${name}${suffix}`),
    list: () => listRunFiles(run, suffix).flatMap((file) => read(file) ?? []),
    write: (name, content) => writeRunFile(run, `${name}${suffix}`, JSON.stringify(content)),
    remove: (name) => removeRunFile(run, `${name}${suffix}`),
  };
}

/** A damaged record is no reason to fail a DEL, and must not lead to a change: it counts as missing. */
function parseText<Content>(
  text: string,
  parse: (json: unknown) => Content | undefined,
): Content | undefined {
  try {
    return parse(parseJson(text, 'record'));
  } catch (error) {
    if (error instanceof CniError) return undefined;
    throw error;
  }
}
