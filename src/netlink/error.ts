import { describeErrno } from '../sys/libc.ts';
import { EADDRNOTAVAIL, ENODEV, ENOENT, ESRCH } from './message.ts';

/**
 * The kernel answered a request with an error. `errno` is positive, `code` its name; `extendedAck` is the kernel's own
 * sentence, absent where it gave none (NLMSGERR_ATTR_MSG).
 */
export class NetlinkError extends Error {
  readonly step: string;
  readonly errno: number;
  readonly code: string;
  readonly extendedAck: string | undefined;

  constructor(step: string, errno: number, extendedAck?: string) {
    const { code, text } = describeErrno(errno);
    super(`${step}: ${code} (${text})${extendedAck === undefined ? '' : `: ${extendedAck}`}`);
    this.name = 'NetlinkError';
    this.step = step;
    this.errno = errno;
    this.code = code;
    this.extendedAck = extendedAck;
  }
}

/** What came back is not an answer to what was asked: cut short, malformed, from somebody else, or the wrong number of messages. */
export class NetlinkProtocolError extends Error {
  readonly step: string;

  constructor(step: string, problem: string, options?: ErrorOptions) {
    super(`${step}: ${problem}`, options);
    this.name = 'NetlinkProtocolError';
    this.step = step;
  }
}

/** The object of the request is not there: for a removal the work is done, for a look-up the answer is "none". */
export function isGone(error: unknown): boolean {
  return error instanceof NetlinkError && [ENODEV, ENOENT, ESRCH, EADDRNOTAVAIL].includes(error.errno);
}
