import { describe, expect, test } from 'vitest';
import { CniError, errorCode, formatError } from '../../src/cni/error.ts';

const refused = new Error('EPERM (operation not permitted)');
const failed = new Error('create link "veth1"', { cause: refused });

describe('formatError', () => {
  test('indents by four spaces and ends without a line break', () => {
    const error = new CniError(errorCode.invalidConfig, 'bad vlan', { details: 'vlan: 4095' });
    expect(formatError(error, '0.4.0')).toBe(
      '{\n    "cniVersion": "0.4.0",\n    "code": 7,\n    "msg": "bad vlan",\n    "details": "vlan: 4095"\n}',
    );
  });

  test.each([
    {
      what: 'leaves details out when there are neither details nor causes',
      error: new CniError(11, 'busy'),
      reply: { cniVersion: '1.1.0', code: 11, msg: 'busy' },
    },
    {
      what: 'gives the causes of a CniError as its details, outermost first',
      error: new CniError(100, 'attach', { cause: failed }),
      reply: {
        cniVersion: '1.1.0',
        code: 100,
        msg: 'attach',
        details: 'create link "veth1": EPERM (operation not permitted)',
      },
    },
    {
      what: 'prefers the details of a CniError to its causes',
      error: new CniError(100, 'attach', { details: 'load the module', cause: failed }),
      reply: { cniVersion: '1.1.0', code: 100, msg: 'attach', details: 'load the module' },
    },
    {
      what: 'turns any other error into code 999 with its causes',
      error: failed,
      reply: {
        cniVersion: '1.1.0',
        code: 999,
        msg: 'create link "veth1"',
        details: 'EPERM (operation not permitted)',
      },
    },
    {
      what: 'turns a thrown value that is no error into code 999',
      error: 'out of luck',
      reply: { cniVersion: '1.1.0', code: 999, msg: 'out of luck' },
    },
  ])('$what', ({ error, reply }) => {
    expect(JSON.parse(formatError(error, '1.1.0'))).toEqual(reply);
  });

  test('never shows a stack', () => {
    expect(formatError(failed, '1.1.0')).not.toMatch(/\.test\.ts|\bat /);
  });

  test('ends for causes that go round in a circle', () => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    expect(JSON.parse(formatError(first, '1.1.0')).details).toMatch(/^second: first: second/);
  });
});
