import { about, help, version } from './about.ts';

/** The output and exit code of the process. */
export type CliOutput = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: 0 | 2;
};

/** Answers a call without CNI_COMMAND, by an administrator. @param argv the arguments after the program's name */
export function runCli(argv: readonly string[]): CliOutput {
  const [option] = argv;
  if (option === undefined) return { stdout: '', stderr: about(), exitCode: 0 };
  if (argv.length === 1 && (option === '--help' || option === '-h'))
    return { stdout: help(), stderr: '', exitCode: 0 };
  if (argv.length === 1 && option === '--version') return { stdout: version(), stderr: '', exitCode: 0 };
  return {
    stdout: '',
    stderr: `vlan-bridge: unknown arguments "${argv.join(' ')}"; try "vlan-bridge --help"\n`,
    exitCode: 2,
  };
}
