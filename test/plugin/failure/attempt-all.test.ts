import { expect, test } from 'vitest';
import { CniError } from '../../../src/cni/error.ts';
import { NetlinkError } from '../../../src/netlink/error.ts';
import { AttemptAll } from '../../../src/plugin/failure/attempt-all.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';

const EPERM = 1;

/** A clean-up of which the named steps fail with these errors, and the steps that it took. */
function cleanUp(steps: Readonly<Record<string, unknown>>) {
  const attempts = new AttemptAll();
  const taken: string[] = [];
  for (const [step, error] of Object.entries(steps)) {
    attempts.attempt(step, () => {
      taken.push(step);
      if (error !== undefined) throw error;
    });
  }
  return { attempts, taken };
}

test('takes every step, and succeeds when all of them do', () => {
  const { attempts, taken } = cleanUp({ one: undefined, two: undefined });
  attempts.throwFailures();
  expect(taken).toEqual(['one', 'two']);
});

test('takes the steps after one that failed, and then throws its error as it is', () => {
  const { attempts, taken } = cleanUp({
    one: new CniError(121, 'dry', { details: 'quite' }),
    two: undefined,
  });
  expect(cniErrorOf(() => attempts.throwFailures())).toEqual({ code: 121, msg: 'dry', details: 'quite' });
  expect(taken).toEqual(['one', 'two']);
});

test('a refusal of the kernel is code 100', () => {
  const { attempts } = cleanUp({ one: new NetlinkError('delete link "a"', EPERM) });
  expect(cniErrorOf(() => attempts.throwFailures())).toMatchObject({ code: 100 });
});

test('of several failures the first one gives the code, and all of them give words', () => {
  const { attempts } = cleanUp({ one: new CniError(121, 'dry'), two: 'odd', three: new Error('wet') });
  expect(cniErrorOf(() => attempts.throwFailures())).toEqual({
    code: 121,
    msg: 'one: dry; two: odd; three: wet',
    details: undefined,
  });
});

test('of several failures a first one that nobody foresaw is code 999', () => {
  const { attempts } = cleanUp({ one: new Error('wet'), two: new CniError(121, 'dry') });
  expect(cniErrorOf(() => attempts.throwFailures())).toMatchObject({ code: 999, msg: 'one: wet; two: dry' });
});
