import { CniError } from '../../cni/error.ts';
import { parseJson } from '../../cni/json.ts';
import {
  listRunFiles,
  type RunDirectory,
  readRunFile,
  removeRunFile,
  writeRunFile,
} from './run-directory.ts';

/** The records of one kind for the current network namespace. Each record is one JSON file. */
export type RecordStore<Content> = {
  /** Reads a record; `undefined` when it does not exist or is damaged. @throws SyscallError, UntrustedFile */
  readonly read: (name: string) => Content | undefined;
  /** Reads all records except damaged ones. @throws SyscallError, UntrustedFile */
  readonly list: () => readonly Content[];
  /** Writes or replaces a record atomically. @throws SyscallError, UntrustedFile */
  readonly write: (name: string, content: Content) => void;
  /** Removes a record; a missing record is no error. @throws SyscallError */
  readonly remove: (name: string) => void;
};

/**
 * Opens the store of one kind of record.
 * @param suffix the end of the file names of this kind
 * @param parse converts parsed JSON to a record; `undefined` for JSON of another form
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

/** A damaged record counts as missing: it must not make DEL fail or change the host. */
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
