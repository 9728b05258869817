import { describe, expect, test } from 'vitest';
import { Undo } from '../../../src/plugin/failure/rollback.ts';

describe('Undo', () => {
  test('takes changes back in reverse order', () => {
    const undo = new Undo();
    const done: string[] = [];
    for (const step of ['bridge', 'port', 'address']) undo.push(step, () => done.push(step));
    expect(undo.unwind()).toEqual([]);
    expect(done).toEqual(['address', 'port', 'bridge']);
  });

  test('goes on past failures and names each step that failed', () => {
    const undo = new Undo();
    const done: string[] = [];
    undo.push('delete bridge "br0"', () => done.push('bridge'));
    undo.push('delete link "veth0"', () => {
      throw new Error('EBUSY');
    });
    undo.push('delete address', () => {
      throw 'no Error';
    });
    expect(undo.unwind()).toEqual(['delete address: no Error', 'delete link "veth0": EBUSY']);
    expect(done).toEqual(['bridge']);
  });

  test('takes each change back once', () => {
    const undo = new Undo();
    const done: string[] = [];
    undo.push('bridge', () => done.push('bridge'));
    undo.unwind();
    expect(undo.unwind()).toEqual([]);
    expect(done).toEqual(['bridge']);
  });

  test('has nothing to do when nothing was changed', () => {
    expect(new Undo().unwind()).toEqual([]);
  });
});
