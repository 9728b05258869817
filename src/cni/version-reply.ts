import type { ReadStdin } from './input.ts';
import { type CniVersion, isSupported, newestVersion, supportedVersions } from './version.ts';

/** No configuration that names a version comes close. */
const maxVersionInputBytes = 64 * 1024;

/**
 * The reply to VERSION: one line of JSON naming the version of the input, when it is one of ours, else the newest one. A caller
 * that sends nothing, or no JSON, still gets its answer.
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
