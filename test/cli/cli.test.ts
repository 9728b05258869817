import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { runCli } from '../../src/cli/cli.ts';
import { supportedVersions } from '../../src/cni/version.ts';

describe('runCli', () => {
  test('tells who it is on stderr, as the reference plugins do, when there is nothing to do', () => {
    expect(runCli([])).toEqual({
      stdout: '',
      stderr: `CNI vlan-bridge plugin v${manifest.version}
CNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0
This is a CNI plugin: a container runtime starts it with CNI_COMMAND set. "vlan-bridge --help" shows how to start it by hand.
`,
      exitCode: 0,
    });
    expect(supportedVersions.at(-1)).toBe('1.1.0');
  });

  test('prints its version', () => {
    expect(runCli(['--version'])).toEqual({
      stdout: `vlan-bridge ${manifest.version}\n`,
      stderr: '',
      exitCode: 0,
    });
  });

  test.each(['--help', '-h'])('prints its help for %s on stdout', (option) => {
    const { stdout, ...others } = runCli([option]);
    expect(others).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(/^vlan-bridge \d+\.\d+\.\d+: puts a pod on an 802\.1Q VLAN/);
  });

  test.each([
    'ADD, DEL, CHECK, GC, STATUS or VERSION',
    'CNI_CONTAINERID',
    'CNI_IFNAME',
    'CNI_NETNS',
    'CNI_PATH',
    'CNI_ARGS',
    'VLAN_BRIDGE_TRACE',
    '--help',
    '--version',
  ])('explains %s in its help', (word) => {
    expect(runCli(['--help']).stdout).toContain(word);
  });

  test('shows lines of at most 120 characters in its help', () => {
    expect(
      runCli(['--help'])
        .stdout.split('\n')
        .filter((line) => line.length > 120),
    ).toEqual([]);
  });

  test.each([
    ['an unknown option', ['--verbose'], '--verbose'],
    ['an option in another case', ['--HELP'], '--HELP'],
    ['a word after a known option', ['--help', 'me'], '--help me'],
    ['an empty word', [''], ''],
  ])('refuses %s with exit code 2', (_what, argv, shown) => {
    expect(runCli(argv)).toEqual({
      stdout: '',
      stderr: `vlan-bridge: unknown arguments "${shown}"; try "vlan-bridge --help"\n`,
      exitCode: 2,
    });
  });
});
