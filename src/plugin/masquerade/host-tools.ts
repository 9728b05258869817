import { CniError, errorCode } from '../../cni/error.ts';
import { findProgram, runProgram } from '../../sys/program.ts';

/** Runs a program of the host with text on its stdin. @returns its stdout @throws CniError 999 when the program is missing or fails */
export type RunTool = (name: string, args: readonly string[], input?: string) => string;

/** Makes the function that runs programs of the host. It searches `searchPath` and the usual folders of distributions. */
export function hostTools(searchPath: string): RunTool {
  const folders = toolFolders(searchPath);
  return (name, args, input = '') => {
    const file = findProgram(name, folders);
    if (file === undefined)
      throw new CniError(errorCode.internal, `cannot find "${name}" in ${folders.join(':')}`);
    const { stdout, stderr, failure } = runProgram({ file, args, env: { PATH: folders.join(':') }, input });
    if (failure === undefined) return stdout;
    throw new CniError(errorCode.internal, `"${[name, ...args].join(' ')}" ${failure}`, {
      details: stderr.trim(),
    });
  };
}

/** Lists the folders to search for the host's programs: the absolute ones of the search path, then the usual ones. */
export function toolFolders(searchPath: string): readonly string[] {
  const usual = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
  const listed = searchPath.split(':').filter((folder) => folder.startsWith('/'));
  return [...new Set([...listed, ...usual])];
}
