import type { ReadStdin } from './input.ts';
import { type CniVersion, isSupported, newestVersion, supportedVersions } from './version.ts';

/** Far above the input of a VERSION call. */
const maxVersionInputBytes = 64 * 1024;

/**
 * Formats the reply to VERSION: one line of JSON with the version of the input, or the newest version when that of the input
 * is not supported. Empty stdin and malformed JSON are no error.
 */
export function answerVersion(readStdin: ReadStdin): string {
  const cniVersion = statedVersion(readTolerantly(readStdin)) ?? newestVersion;
  return `${JSON.stringify({ cniVersion, supportedVersions })}\n`;
}

function readTolerantly(readStdin: ReadStdin): string {
  try {
    return readStdin(maxVersionInputBytes).toString();
  } catch {
    return '';
  }
}

function statedVersion(input: string): CniVersion | undefined {
  let config: unknown;
  try {
    config = JSON.parse(input);
  } catch {
    return undefined;
  }
  const stated = Object.entries(config ?? {}).findLast(([key]) => key.toLowerCase() === 'cniversion')?.[1];
  return isSupported(stated) ? stated : undefined;
}
