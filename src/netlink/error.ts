import { describeErrno } from '../sys/libc.ts';
import { EADDRNOTAVAIL, ENODEV, ENOENT, ESRCH } from './message.ts';

/**
 * The kernel answered a request with an error. `errno` is positive, `code` its name; `extendedAck` is the kernel's own
 * sentence, absent where it gave none (NLMSGERR_ATTR_MSG).
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

/** What came back is not an answer to what was asked: cut short, malformed, from somebody else, or the wrong number of messages. */
export class NetlinkProtocolError extends Error {
  readonly operation: string;

  constructor(operation: string, problem: string, options?: ErrorOptions) {
    super(`${operation}: ${problem}`, options);
    this.name = 'NetlinkProtocolError';
    this.operation = operation;
  }
}

/** The object of the request is not there: for a removal the work is done, for a look-up the answer is "none". */
export function isGone(error: unknown): boolean {
  return error instanceof NetlinkError && [ENODEV, ENOENT, ESRCH, EADDRNOTAVAIL].includes(error.errno);
}
