import { CniError, errorCode } from '../../cni/error.ts';
import { findProgram, runProgram } from '../../sys/program.ts';

/** Runs a program of the host with text on its stdin, and gives what it printed. @throws CniError 999 when it fails */
export type RunTool = (name: string, args: readonly string[], input?: string) => string;

/** Runs the host's programs, found by its search path and where distributions put them. */
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

/** Where the host's programs are looked for: its search path, and then where distributions put them. */
export function toolFolders(searchPath: string): readonly string[] {
  const usual = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
  const given = searchPath.split(':').filter((folder) => folder.startsWith('/'));
  return [...new Set([...given, ...usual])];
}
