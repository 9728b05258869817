import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requirePlugin, runDelegate } from '../../src/cni/delegate.ts';
import type { Request, Verb } from '../../src/cni/request.ts';
import { processId } from '../../src/sys/process-tree.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';
import { fixtureBin as bin, recordedCall } from '../helpers/recorded.ts';
import { requestOf } from '../helpers/request-of.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const stdin = '{"name": "größe", "keys": [1.50,\t"\\u00e9"] }\n\n';

/** A request as `dispatch` makes it, with more variables in its environment. */
function callWith(more: Readonly<Record<string, string>> = {}): Request {
  const environment = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'pod', CNI_PATH: bin, ODD: 'a=b\n c ', ...more };
  return requestOf(stdin, { path: [bin], environment });
}

describe('runDelegate', () => {
  test.each<Verb>(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'])(
    'hands on environment and stdin as they came for %s, but for CNI_COMMAND and the caller',
    (verb) => {
      const RECORDS = temporaryDirectory();
      const request = callWith({ RECORDS });
      runDelegate('records', request, verb);
      expect(recordedCall(RECORDS, verb)).toEqual({
        environment: { ...request.environment, CNI_COMMAND: verb, VLAN_BRIDGE_CALLERS: processId() },
        stdin,
        arguments: 0,
      });
    },
  );

  test('gives the result of ADD', () => {
    const REPLY = JSON.stringify({ cniVersion: '1.0.0', ips: [{ address: '10.20.1.11/24' }] });
    expect(runDelegate('answers', callWith({ REPLY }), 'ADD')).toEqual({
      interfaces: [],
      ips: [{ address: '10.20.1.11/24' }],
      routes: [],
      dns: {},
    });
  });

  test.each<Verb>(['DEL', 'CHECK', 'GC', 'STATUS'])('does not read what is printed on %s', (verb) => {
    expect(runDelegate('answers', callWith({ REPLY: 'all is well' }), verb)).toBeUndefined();
  });

  test('does not mind words on stderr', () => {
    const env = { REPLY: '{}', WORDS: 'took the last one' };
    expect(runDelegate('answers', callWith(env), 'ADD')).toMatchObject({ ips: [] });
  });

  test('takes the first executable of the name in CNI_PATH', () => {
    const other = temporaryDirectory();
    const path = [join(other, 'missing'), other, bin];
    copyFileSync(join(bin, 'ignores-stdin'), join(other, 'answers'));
    mkdirSync(join(other, 'records'));
    const result = runDelegate('answers', { ...callWith({ REPLY: '{}' }), path }, 'ADD');
    expect(result?.ips).toEqual([{ address: '10.20.1.11/24' }]);
    expect(requirePlugin('records', { path, environment: {} })).toBe(join(bin, 'records'));
  });

  test.each([
    ['missing', `cannot find plugin "missing": it is not in CNI_PATH "${bin}"`],
    ['../bin/answers', 'plugin type "../bin/answers" must not contain "/"'],
  ])('refuses the type "%s" with code 7', (type, msg) => {
    const error = cniErrorOf(() => runDelegate(type, callWith(), 'ADD'));
    expect(error).toEqual({ code: 7, msg, details: undefined });
  });

  test('says so when there is no CNI_PATH to look in', () => {
    const error = cniErrorOf(() => requirePlugin('answers', { path: [], environment: {} }));
    expect(error).toEqual({
      code: 7,
      msg: 'cannot find plugin "answers": CNI_PATH is empty',
      details: undefined,
    });
  });
});

describe('the error of a delegate', () => {
  test.each<Verb>(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'])('passes through untouched on %s', (verb) => {
    const REPLY = '{"cniVersion": "0.4.0", "code": 11, "msg": "come \\"back\\" later", "details": "a\\nb"}\n';
    const request = callWith({ REPLY, EXIT_CODE: '1', WORDS: 'not this' });
    expect(cniErrorOf(() => runDelegate('answers', request, verb))).toEqual({
      code: 11,
      msg: 'come "back" later',
      details: 'a\nb',
    });
  });

  test.each([
    ['{"code": 4294967295, "msg": "m"}', { code: 4294967295, msg: 'm', details: undefined }],
    ['{"CODE": 0, "Msg": "m", "details": null}', { code: 0, msg: 'm', details: undefined }],
    ['{"code": 7}', { code: 7, msg: '', details: undefined }],
  ])('may be written as %s', (REPLY, expected) => {
    const request = callWith({ REPLY, EXIT_CODE: '1' });
    expect(cniErrorOf(() => runDelegate('answers', request, 'ADD'))).toEqual(expected);
  });

  test.each([
    ['stderr, when there is nothing else', '', 'no space left\n', 'no space left'],
    ['stderr before stdout', 'panic', 'no space left', 'no space left'],
    ['stdout, when it is no CNI error', '{"msg": "without a code"}', '', '{"msg": "without a code"}'],
    ['stdout, when it is half an error', '{"code": 11', ' \n', '{"code": 11'],
    ['stdout, when it is not JSON', 'panic: nil', '', 'panic: nil'],
    ['nothing, when it said nothing', '', '', undefined],
    ['a thousand characters at the most', 'x'.repeat(5000), '', 'x'.repeat(1000)],
  ])('is made of its words on %s', (_where, REPLY, WORDS, details) => {
    const request = callWith({ REPLY, WORDS, EXIT_CODE: '2' });
    expect(cniErrorOf(() => runDelegate('answers', request, 'DEL'))).toEqual({
      code: 999,
      msg: 'plugin "answers" failed with exit code 2 on DEL',
      details,
    });
  });

  test.each([
    ['killed', 'plugin "killed" was ended by SIGSEGV on ADD', '{"code": 11, "msg": "half of it'],
    ['floods', 'plugin "floods" printed more than 4194304 bytes on ADD', expect.stringMatching(/^no end/)],
    ['not-executable', 'plugin "not-executable" cannot be run (EACCES) on ADD', undefined],
  ])('tells how the plugin "%s" ended', (type, msg, details) => {
    const error = cniErrorOf(() => runDelegate(type, callWith(), 'ADD'));
    expect(error).toEqual({ code: 999, msg, details });
  });
});

describe('a result that cannot be read', () => {
  const document = '{"cniVersion": "1.0.0", "ips": [{"address": "10.20.1.11/24"}]}';

  test.each([
    ['nothing', '', 'plugin "answers" printed no result on ADD'],
    ['white space', ' \n', 'plugin "answers" printed no result on ADD'],
    ['junk', 'done', 'the result of plugin "answers" is not valid JSON'],
    ['two documents', `${document}\n${document}`, 'the result of plugin "answers" is not valid JSON'],
    ['a line before it', `hello\n${document}`, 'the result of plugin "answers" is not valid JSON'],
    ['a list', '[]', 'CNI result is not understood'],
    ['a version of the future', '{"cniVersion": "9.0.0"}', 'unsupported CNI result version "9.0.0"'],
    ['a list of strings', '{"ips": ["10.20.1.11/24"]}', 'CNI result is not understood'],
  ])('is refused with code 6 when it is %s', (_what, REPLY, msg) => {
    const error = cniErrorOf(() => runDelegate('answers', callWith({ REPLY }), 'ADD'));
    expect({ code: error.code, msg: error.msg }).toEqual({ code: 6, msg });
  });
});
