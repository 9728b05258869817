import { describe, expect, test } from 'vitest';
import { readInput } from '../../src/cni/input.ts';
import {
  ifnameProblem,
  makeRequest,
  readVariables,
  type Variables,
  type Verb,
} from '../../src/cni/request.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';

const complete = {
  CNI_CONTAINERID: 'c1',
  CNI_NETNS: '/run/netns/c',
  CNI_IFNAME: 'net1',
  CNI_ARGS: 'IgnoreUnknown=1',
  CNI_PATH: '/opt/cni/bin::/usr/lib/cni',
};

const nameRule = 'must be letters, digits, "_", "." and "-", the first one a letter or digit';

describe('readVariables', () => {
  test('gives the whole environment of a request', () => {
    const environment = { CNI_COMMAND: 'ADD', ...complete, PATH: '/usr/bin' };
    expect(readVariables(environment)).toEqual({
      verb: 'ADD',
      containerId: 'c1',
      netns: '/run/netns/c',
      ifname: 'net1',
      args: 'IgnoreUnknown=1',
      path: ['/opt/cni/bin', '/usr/lib/cni'],
      allowSameNetns: false,
      environment,
    });
  });

  test.each([
    ['TRUE', true],
    ['true', true],
    ['1', true],
    ['yes', false],
    ['0', false],
    ['', false],
  ])('takes CNI_NETNS_OVERRIDE=%s as %s', (value, allowSameNetns) => {
    const variables = readVariables({ CNI_COMMAND: 'STATUS', CNI_NETNS_OVERRIDE: value });
    expect(variables.allowSameNetns).toBe(allowSameNetns);
  });

  test.each([
    ['ADD', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME'],
    ['DEL', 'CNI_CONTAINERID,CNI_IFNAME'],
    ['CHECK', 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME'],
    ['GC', 'CNI_PATH'],
  ])('names every variable that %s lacks, empty ones too', (verb, missing) => {
    expect(cniErrorOf(() => readVariables({ CNI_COMMAND: verb, CNI_IFNAME: '' }))).toEqual({
      code: 4,
      msg: `required env variables [${missing}] missing`,
      details: undefined,
    });
  });

  test.each([
    ['STATUS without any variable', { CNI_COMMAND: 'STATUS' }],
    ['DEL without CNI_NETNS', { ...complete, CNI_COMMAND: 'DEL', CNI_NETNS: '' }],
    ['ADD without CNI_PATH', { ...complete, CNI_COMMAND: 'ADD', CNI_PATH: '' }],
    ['GC with variables that it does not look at', { ...complete, CNI_COMMAND: 'GC', CNI_IFNAME: 'a/b' }],
  ])('accepts %s', (_what, env) => {
    expect(readVariables(env).verb).toBe(env.CNI_COMMAND);
  });

  test('tells missing and malformed variables together', () => {
    const env = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: '-c', CNI_IFNAME: 'net%d' };
    expect(cniErrorOf(() => readVariables(env))).toEqual({
      code: 4,
      msg: `required env variables [CNI_NETNS] missing; CNI_CONTAINERID "-c" ${nameRule}; CNI_IFNAME "net%d" must not contain "/", ":", "%", white space or control characters`,
      details: undefined,
    });
  });

  test.each([
    ['add', 'unknown CNI_COMMAND: add'],
    ['toString', 'unknown CNI_COMMAND: toString'],
    ['', 'required env variables [CNI_COMMAND] missing'],
  ])('refuses the command %j', (command, msg) => {
    expect(cniErrorOf(() => readVariables({ CNI_COMMAND: command }))).toEqual({
      code: 4,
      msg,
      details: 'CNI_COMMAND must be one of ADD, DEL, CHECK, GC, STATUS, VERSION',
    });
  });
});

describe('ifnameProblem', () => {
  test.each(['a', 'net1', 'eth0.100', 'fifteen-bytes-x', '...', 'ééééééé'])('finds none in %s', (name) => {
    expect(ifnameProblem(name)).toBeUndefined();
  });

  const length = 'must be 1 to 15 bytes long';
  const characters = 'must not contain "/", ":", "%", white space or control characters';

  test.each([
    ['', length],
    ['sixteen-bytes-xx', length],
    ['éééééééé', length],
    ['.', 'must not be "." or ".."'],
    ['..', 'must not be "." or ".."'],
    ['a/b', characters],
    ['a:b', characters],
    ['net%d', characters],
    ['a b', characters],
    ['a\n', characters],
    ['a\u00a0', characters],
    ['a\u0085', characters],
    ['br0\u0000x', characters],
  ])('tells of %j that it %s', (name, problem) => {
    expect(ifnameProblem(name)).toBe(problem);
  });
});

describe('makeRequest', () => {
  function requestFor(verb: Verb, config: string) {
    const variables: Variables = readVariables({ CNI_COMMAND: verb, ...complete });
    return makeRequest(
      variables,
      readInput(() => Buffer.from(config)),
    );
  }

  test('adds the network, the version and the configuration to the environment', () => {
    const stdin = '{"Name":"n.1_a-b","cniVersion":"0.4.0","vlan":1}';
    const variables = readVariables({ CNI_COMMAND: 'CHECK', ...complete });
    expect(requestFor('CHECK', stdin)).toEqual({
      ...variables,
      network: 'n.1_a-b',
      cniVersion: '0.4.0',
      config: { Name: 'n.1_a-b', cniVersion: '0.4.0', vlan: 1 },
      stdin,
    });
  });

  test.each(['{"name":"n"}', '{"name":"n","cniVersion":""}'])('takes %s as version 0.1.0', (config) => {
    expect(requestFor('ADD', config).cniVersion).toBe('0.1.0');
  });

  test('looks at nothing but name and cniVersion', () => {
    const config = '{"name":"n","cniVersion":"1.0.0","vlan":9999,"ipam":7,"prevResult":[],"bridge":null}';
    expect(requestFor('DEL', config).network).toBe('n');
  });

  test.each([
    [
      '{"name":7,"cniVersion":1.1}',
      6,
      'name: 7: must be a string; cniVersion: 1.1: must be a string',
      undefined,
    ],
    ['{}', 7, 'missing network name', undefined],
    ['{"name":""}', 7, 'missing network name', undefined],
    ['{"name":null}', 7, 'missing network name', undefined],
    ['{"name":"a/b"}', 7, 'invalid characters found in network name', `name "a/b" ${nameRule}`],
    ['{"name":"n\\n"}', 7, 'invalid characters found in network name', `name "n\\n" ${nameRule}`],
    [
      '{"name":"n","cniVersion":"1.0"}',
      1,
      'incompatible CNI versions',
      'config is "1.0", plugin supports ["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]',
    ],
  ])('refuses %s', (config, code, msg, details) => {
    expect(cniErrorOf(() => requestFor('DEL', config))).toEqual({ code, msg, details });
  });

  test.each([
    ['CHECK', '0.3.1', '0.4.0'],
    ['GC', '1.0.0', '1.1.0'],
    ['STATUS', '1.0.0', '1.1.0'],
  ] as const)('refuses %s for a configuration of %s', (verb, version, since) => {
    expect(cniErrorOf(() => requestFor(verb, `{"name":"n","cniVersion":"${version}"}`))).toEqual({
      code: 1,
      msg: `config version does not allow ${verb}`,
      details: `config is "${version}", ${verb} needs "${since}" or newer`,
    });
  });

  test.each([
    ['ADD', '0.1.0'],
    ['DEL', '0.1.0'],
    ['CHECK', '0.4.0'],
    ['GC', '1.1.0'],
    ['STATUS', '1.1.0'],
  ] as const)('accepts %s for a configuration of %s', (verb, version) => {
    expect(requestFor(verb, `{"name":"n","cniVersion":"${version}"}`).verb).toBe(verb);
  });
});
