import { CniError, errorCode } from './error.ts';
import { parseJson } from './json.ts';
import { fields, read, text } from './schema.ts';
import { type CniVersion, isSupported, unstatedVersion } from './version.ts';

/** Reads stdin to its end, but at most `limitBytes` bytes. */
export type ReadStdin = (limitBytes: number) => Buffer;

/** The network configuration as text and as parsed JSON. */
export type Input = { readonly stdin: string; readonly config: object };

/** Far above any real configuration. A larger input is a mistake, for example the wrong file. */
const maxInputBytes = 4 * 1024 * 1024;

/**
 * Reads the network configuration from stdin.
 * @throws CniError 5 when stdin cannot be read; 6 when stdin is empty, too large or not a JSON object
 */
export function readInput(readStdin: ReadStdin): Input {
  const bytes = readAll(readStdin);
  if (bytes.length > maxInputBytes) {
    throw new CniError(
      errorCode.decodingFailure,
      `network configuration is larger than ${maxInputBytes} bytes`,
    );
  }
  const stdin = bytes.toString();
  if (stdin.trim() === '') {
    throw new CniError(
      errorCode.decodingFailure,
      'network configuration is expected on stdin, but stdin is empty',
    );
  }
  const config = parseJson(stdin, 'network configuration');
  const { problems } = read(ANY_OBJECT, config);
  if (problems !== undefined) {
    throw new CniError(errorCode.decodingFailure, 'network configuration is not a JSON object', {
      details: problems.join('\n'),
    });
  }
  return { stdin, config: config as object };
}

const ANY_OBJECT = fields({});
const VERSION = fields({ cniVersion: text });

function readAll(readStdin: ReadStdin): Buffer {
  try {
    return readStdin(maxInputBytes + 1);
  } catch (cause) {
    throw new CniError(errorCode.ioFailure, 'read network configuration from stdin', { cause });
  }
}

/** Reads only `cniVersion`, for the version of an error document. Returns `undefined` when the version is not supported. */
export function findVersion({ config }: Input): CniVersion | undefined {
  const { data } = read(VERSION, config);
  if (data === undefined) return undefined;
  const version = data.cniVersion || unstatedVersion;
  return isSupported(version) ? version : undefined;
}
