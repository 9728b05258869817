import { expect, onTestFinished } from 'vitest';
import { isGone, NetlinkError } from '../../src/netlink/error.ts';
import { ENODEV, type NetlinkMessage } from '../../src/netlink/message.ts';
import type { NetlinkSocket } from '../../src/netlink/socket.ts';

/** Answer of a message about an object that does not exist: the kernel refuses it with ENODEV. */
export const absent = Symbol('absent');

/** Answer of a message that the kernel only acknowledges. */
export const acknowledged = undefined;

/**
 * A socket whose kernel answers by a table from operation to answer; an Error is thrown. A message whose operation is not in the
 * table fails the test, even when the code under test catches the error.
 */
export function fakeKernel(answers: Readonly<Record<string, unknown>>): {
  readonly socket: NetlinkSocket;
  /** The operations of all messages so far. */
  readonly operations: readonly string[];
} {
  const operations: string[] = [];
  onTestFinished(() => {
    expect(operations.filter((operation) => !(operation in answers))).toEqual([]);
  });
  const execute = ({ operation }: NetlinkMessage<unknown>): unknown => {
    operations.push(operation);
    if (!(operation in answers)) throw new Error(`unexpected message: ${operation}`);
    const answer = answers[operation];
    if (answer === absent) throw new NetlinkError(operation, ENODEV);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const find = (message: NetlinkMessage<unknown>): unknown => {
    try {
      return execute(message);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  };
  const batch = (messages: readonly NetlinkMessage<unknown>[]): void => messages.forEach(execute);
  // The class has private members, which only its own instances can have.
  return { socket: { execute, find, batch } as unknown as NetlinkSocket, operations };
}
