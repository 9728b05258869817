import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createNetns, fileCleanup } from '../helpers/netns.ts';
import { runExecutable } from '../helpers/run-executable.ts';
import { runPlugin } from '../helpers/run-plugin.ts';

const versions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];

describe('VERSION', () => {
  test.concurrent.for([
    ...versions.map(
      (version) => [`version ${version}`, JSON.stringify({ cniVersion: version }), version] as const,
    ),
    ['the key in another case', '{"CNIVERSION": "0.4.0"}', '0.4.0'],
    ['nothing', '', '1.1.0'],
    ['no version', '{}', '1.1.0'],
    ['an unknown version', '{"cniVersion": "2.0.0"}', '1.1.0'],
    ['null', 'null', '1.1.0'],
    ['what is not JSON', 'bridge: cni0', '1.1.0'],
  ])('needs no other variable and answers %s on stdin in one line', async ([_what, input, cniVersion]) => {
    expect(await runExecutable({ env: { CNI_COMMAND: 'VERSION' }, input })).toEqual({
      stdout: `${JSON.stringify({ cniVersion, supportedVersions: versions })}\n`,
      stderr: '',
      exitCode: 0,
    });
  });
});

describe('without CNI_COMMAND', () => {
  test.concurrent.for([
    ['absent', {}],
    ['empty', { CNI_COMMAND: '' }],
  ] as const)('says what it is on stderr when the variable is %s', async ([_what, env]) => {
    expect(await runExecutable({ env })).toEqual({
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          `^CNI vlan-bridge plugin v${manifest.version}\nCNI protocol versions supported: ${versions.join(', ')}\n`,
        ),
      ),
      exitCode: 0,
    });
  });

  test.concurrent('prints its help on stdout', async () => {
    expect(await runExecutable({ args: ['--help'] })).toEqual({
      stdout: expect.stringMatching(/^vlan-bridge \d+\.\d+\.\d+: puts a pod on an 802\.1Q VLAN/),
      stderr: '',
      exitCode: 0,
    });
  });

  test.concurrent('prints its version on stdout', async () => {
    expect(await runExecutable({ args: ['--version'] })).toEqual({
      stdout: `vlan-bridge ${manifest.version}\n`,
      stderr: '',
      exitCode: 0,
    });
  });

  test.concurrent('refuses an unknown option', async () => {
    expect(await runExecutable({ args: ['--verbose'] })).toEqual({
      stdout: '',
      stderr: 'vlan-bridge: unknown arguments "--verbose"; try "vlan-bridge --help"\n',
      exitCode: 2,
    });
  });
});

describe('errors', () => {
  const cleanup = fileCleanup();

  test('name the version of the input, in JSON on stdout alone', async () => {
    const node = (await createNetns('node', cleanup)).name;
    const netns = (await createNetns('pod', cleanup)).path;
    const replies = await Promise.all(
      versions.map((cniVersion) =>
        runPlugin({ verb: 'ADD', node, netns, config: { cniVersion, name: 'a', vlan: 4095, ipam: {} } }),
      ),
    );
    expect(replies.map(({ json, stderr, exitCode }) => ({ json, stderr, exitCode }))).toEqual(
      versions.map((cniVersion) => ({
        json: {
          cniVersion,
          code: 7,
          msg: expect.stringMatching(/^invalid network configuration: vlan: 4095: /),
        },
        stderr: '',
        exitCode: 1,
      })),
    );
  });
});

describe.each([
  ['GC', { 'cni.dev/valid-attachments': [] }],
  ['STATUS', {}],
])('%s', (verb, keys) => {
  const cleanup = fileCleanup();
  const env = { CNI_CONTAINERID: undefined, CNI_IFNAME: undefined };
  const config = (cniVersion: string) => ({ cniVersion, name: 'vlan-100', ...keys });
  let node: string;

  beforeAll(async () => {
    node = (await createNetns('node', cleanup)).name;
  });

  test('needs no variable of a container, and succeeds without a word', async () => {
    const output = await runPlugin({ verb, node, env, config: config('1.1.0') });
    expect(output).toEqual({ stdout: '', stderr: '', exitCode: 0, json: undefined });
  });

  test.concurrent.for(versions.slice(0, -1))('is refused at %s', async (cniVersion) => {
    const { json, stderr, exitCode } = await runPlugin({ verb, node, env, config: config(cniVersion) });
    expect({ json, stderr, exitCode }).toEqual({
      json: {
        cniVersion,
        code: 1,
        msg: `config version does not allow ${verb}`,
        details: `config is "${cniVersion}", ${verb} needs "1.1.0" or newer`,
      },
      stderr: '',
      exitCode: 1,
    });
  });
});

describe('what GC and STATUS find', () => {
  const cleanup = fileCleanup();

  test.each([
    [
      'STATUS',
      { ipam: { type: 'no-such-ipam' } },
      50,
      'cannot find plugin "no-such-ipam": it is not in CNI_PATH "/opt/cni/bin"',
    ],
    [
      'STATUS',
      { vlan: 4095 },
      7,
      'invalid network configuration: vlan: 4095: must be a whole number from 0 to 4094',
    ],
    [
      'GC',
      { 'cni.dev/valid-attachments': [{ containerID: 7, ifname: 'net1' }] },
      7,
      'cni.dev/valid-attachments[0].containerID: 7: must be a string',
    ],
  ])('is told in JSON on stdout alone: %s of %j', async (verb, keys, code, msg) => {
    const node = (await createNetns('node', cleanup)).name;
    const config = { cniVersion: '1.1.0', name: 'vlan-100', ...keys };
    const { json, stderr, exitCode } = await runPlugin({ verb, node, config });
    expect({ json, stderr, exitCode }).toEqual({
      json: { cniVersion: '1.1.0', code, msg },
      stderr: '',
      exitCode: 1,
    });
  });
});

test('GC names the variable that it needs and does not get', async () => {
  const { stdout, ...others } = await runExecutable({ env: { CNI_COMMAND: 'GC' }, input: '' });
  expect({ error: JSON.parse(stdout), ...others }).toEqual({
    error: { cniVersion: '1.1.0', code: 4, msg: 'required env variables [CNI_PATH] missing' },
    stderr: '',
    exitCode: 1,
  });
});
