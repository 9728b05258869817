import { describe, expect, test } from 'vitest';
import { Rollback } from '../../../src/plugin/failure/rollback.ts';

describe('Rollback', () => {
  test('takes changes back in reverse order', () => {
    const rollback = new Rollback();
    const done: string[] = [];
    for (const step of ['bridge', 'port', 'address']) rollback.add(step, () => done.push(step));
    expect(rollback.run()).toEqual([]);
    expect(done).toEqual(['address', 'port', 'bridge']);
  });

  test('goes on past failures and names each step that failed', () => {
    const rollback = new Rollback();
    const done: string[] = [];
    rollback.add('delete bridge "br0"', () => done.push('bridge'));
    rollback.add('delete link "veth0"', () => {
      throw new Error('EBUSY');
    });
    rollback.add('delete address', () => {
      throw 'no Error';
    });
    expect(rollback.run()).toEqual(['delete address: no Error', 'delete link "veth0": EBUSY']);
    expect(done).toEqual(['bridge']);
  });

  test('takes each change back once', () => {
    const rollback = new Rollback();
    const done: string[] = [];
    rollback.add('bridge', () => done.push('bridge'));
    rollback.run();
    expect(rollback.run()).toEqual([]);
    expect(done).toEqual(['bridge']);
  });

  test('has nothing to do when nothing was changed', () => {
    expect(new Rollback().run()).toEqual([]);
  });
});
