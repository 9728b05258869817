import { describe, expect, test } from 'vitest';
import { dispatch, type Handlers } from '../../src/cni/dispatch.ts';
import { CniError } from '../../src/cni/error.ts';
import type { ReadStdin } from '../../src/cni/input.ts';
import type { Environment } from '../../src/cni/request.ts';
import type { Result } from '../../src/cni/result.ts';

const env = {
  CNI_CONTAINERID: 'c1',
  CNI_NETNS: '/run/netns/c',
  CNI_IFNAME: 'net1',
  CNI_PATH: '/opt/cni/bin',
};
const config = '{"name":"n","cniVersion":"1.1.0"}';

function call(verb: string, stdin: string, handlers: Handlers = {}) {
  return answered({ ...env, CNI_COMMAND: verb }, () => Buffer.from(stdin), handlers);
}

function answered(environment: Environment, readStdin: ReadStdin, handlers: Handlers) {
  const written: string[] = [];
  const exitCode = dispatch(environment, { readStdin, writeStdout: (text) => written.push(text) }, handlers);
  expect(written.length).toBeLessThan(2);
  return { stdout: written.join(''), exitCode };
}

function errorOf({ stdout, exitCode }: { readonly stdout: string; readonly exitCode: number }) {
  return { exitCode, ...JSON.parse(stdout) };
}

const unreadable = () => {
  throw new Error('stdin was read');
};

describe('dispatch', () => {
  const result: Result = { interfaces: [], ips: [{ address: '10.20.1.11/24' }], routes: [], dns: {} };

  test('prints the result of ADD in the version of the configuration', () => {
    const reply = call('ADD', '{"name":"n","cniVersion":"0.2.0"}', {
      ADD: (_request, answer) => answer(result),
    });
    expect(reply).toEqual({
      stdout: JSON.stringify({ cniVersion: '0.2.0', ip4: { ip: '10.20.1.11/24' }, dns: {} }, undefined, 4),
      exitCode: 0,
    });
  });

  test.each(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'])('hands a request to the handler of %s alone', (verb) => {
    const called: string[] = [];
    const note = ({ verb: asked, network }: { verb: string; network: string }) => {
      called.push(`${asked} ${network}`);
      return undefined;
    };
    const wrong = () => {
      throw new Error('wrong handler');
    };
    const handlers = { ADD: wrong, DEL: wrong, CHECK: wrong, GC: wrong, STATUS: wrong, [verb]: note };
    expect([call(verb, config, handlers), called]).toEqual([{ stdout: '', exitCode: 0 }, [`${verb} n`]]);
  });

  test.each(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'])('succeeds in silence for %s without handler', (verb) => {
    expect(call(verb, config)).toEqual({ stdout: '', exitCode: 0 });
  });

  test('refuses an unknown CNI_COMMAND before it reads stdin', () => {
    expect(errorOf(answered({ ...env, CNI_COMMAND: 'add' }, unreadable, {}))).toEqual({
      exitCode: 1,
      cniVersion: '1.1.0',
      code: 4,
      msg: 'unknown CNI_COMMAND: add',
      details: 'CNI_COMMAND must be one of ADD, DEL, CHECK, GC, STATUS, VERSION',
    });
  });

  test('answers a failure to read stdin with code 5 and the reason', () => {
    expect(errorOf(answered({ ...env, CNI_COMMAND: 'ADD' }, unreadable, {}))).toEqual({
      exitCode: 1,
      cniVersion: '1.1.0',
      code: 5,
      msg: 'read network configuration from stdin',
      details: 'stdin was read',
    });
  });

  test('answers the error of a handler in the version of the configuration', () => {
    const fail = () => {
      throw new CniError(101, 'bridge "br0" does not filter', { details: 'try this' });
    };
    expect(errorOf(call('ADD', '{"name":"n","cniVersion":"0.3.1"}', { ADD: fail }))).toEqual({
      exitCode: 1,
      cniVersion: '0.3.1',
      code: 101,
      msg: 'bridge "br0" does not filter',
      details: 'try this',
    });
  });

  test('lets the handler take back a result that cannot be converted, and answers the error', () => {
    const seen: unknown[] = [];
    const ADD: Handlers['ADD'] = (_request, answer) => {
      try {
        answer({ ...result, ips: undefined as never });
      } catch (error) {
        seen.push(error);
        throw new CniError(100, 'taken back');
      }
    };
    expect(errorOf(call('ADD', config, { ADD }))).toEqual({
      exitCode: 1,
      cniVersion: '1.1.0',
      code: 100,
      msg: 'taken back',
    });
    expect(seen).toEqual([expect.any(TypeError)]);
  });

  test.each([
    ['a result', (_request: unknown, answer: (given: Result) => void) => answer(result)],
    [
      'an error',
      () => {
        throw new CniError(101, 'bridge "br0" does not filter');
      },
    ],
  ])('tries once to write %s, and throws the error of writing it', (_what, ADD) => {
    let tries = 0;
    const stdio = {
      readStdin: () => Buffer.from(config),
      writeStdout: () => {
        tries += 1;
        throw new Error('no reader');
      },
    };
    expect(() => dispatch({ ...env, CNI_COMMAND: 'ADD' }, stdio, { ADD })).toThrow('no reader');
    expect(tries).toBe(1);
  });

  test('prints nothing after a result whose handler fails', () => {
    const written: string[] = [];
    const stdio = {
      readStdin: () => Buffer.from(config),
      writeStdout: (text: string) => void written.push(text),
    };
    const ADD: Handlers['ADD'] = (_request, answer) => {
      answer(result);
      throw new Error('too late');
    };
    expect(() => dispatch({ ...env, CNI_COMMAND: 'ADD' }, stdio, { ADD })).toThrow('too late');
    expect(written).toHaveLength(1);
  });

  test('answers any other exception with code 999 and its causes', () => {
    const fail = () => {
      throw new TypeError('x is undefined', { cause: new Error('no x') });
    };
    expect(errorOf(call('DEL', config, { DEL: fail }))).toEqual({
      exitCode: 1,
      cniVersion: '1.1.0',
      code: 999,
      msg: 'x is undefined',
      details: 'no x',
    });
  });

  test.each([
    ['the version of a configuration whose name is refused', '{"cniVersion":"0.4.0"}', '0.4.0'],
    ['0.1.0 for a configuration without version', '{}', '0.1.0'],
    ['the newest version for an unknown one', '{"name":"n","cniVersion":"2.0.0"}', '1.1.0'],
    ['the newest version when there is no JSON', 'junk', '1.1.0'],
  ])('answers an error in %s', (_what, stdin, version) => {
    const { exitCode, cniVersion } = errorOf(call('ADD', stdin));
    expect({ exitCode, cniVersion }).toEqual({ exitCode: 1, cniVersion: version });
  });
});
