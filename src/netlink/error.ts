import { describeErrno } from '../sys/libc.ts';
import { EADDRNOTAVAIL, ENODEV, ENOENT, ESRCH } from './message.ts';

/**
 * The kernel replied to a request with an error. `errno` is the positive number and `code` its name. `extendedAck` is the
 * kernel's own sentence (NLMSGERR_ATTR_MSG), absent when the kernel sent none.
 */
export class NetlinkError extends Error {
  readonly operation: string;
  readonly errno: number;
  readonly code: string;
  readonly extendedAck: string | undefined;

  constructor(operation: string, errno: number, extendedAck?: string) {
    const { code, text } = describeErrno(errno);
    super(`${operation}: ${code} (${text})${extendedAck === undefined ? '' : `: ${extendedAck}`}`);
    this.name = 'NetlinkError';
    this.operation = operation;
    this.errno = errno;
    this.code = code;
    this.extendedAck = extendedAck;
  }
}

/** The reply does not match the request: truncated, malformed, out of order, or with a wrong number of messages. */
export class NetlinkProtocolError extends Error {
  readonly operation: string;

  constructor(operation: string, problem: string, options?: ErrorOptions) {
    super(`${operation}: ${problem}`, options);
    this.name = 'NetlinkProtocolError';
    this.operation = operation;
  }
}

/** Whether the kernel replied that the object does not exist: a removal then has nothing to do, and a get finds nothing. */
export function isGone(error: unknown): boolean {
  return error instanceof NetlinkError && [ENODEV, ENOENT, ESRCH, EADDRNOTAVAIL].includes(error.errno);
}
