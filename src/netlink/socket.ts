import { parseMessages, readS32, readU32 } from 'netlink/dist/structs.js';
import { during } from '../sys/libc.ts';
import { step } from '../sys/trace.ts';
import { isGone, NetlinkError, NetlinkProtocolError } from './error.ts';
import {
  encodeRequest,
  type NetlinkRequest,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
  readAttributes,
} from './message.ts';
import { openTransport, type Transport } from './transport.ts';

type Message = ReturnType<typeof parseMessages>[number];

/** What one request came to: the kernel's reply messages, or its refusal. */
type Outcome =
  | { readonly replies: readonly Buffer[]; readonly interrupted: boolean }
  | { readonly error: NetlinkError };

/** A list of a thousand links takes milliseconds, in which links come and go on a busy node; each try may be interrupted. */
const MAX_DUMP_ATTEMPTS = 50;
/** The kernel drops answers for which the receive buffer has no room (ENOBUFS): 212,992 bytes, where each takes 768 or more. */
const MAX_UNANSWERED = 64;
const NLMSG_HEADER_LENGTH = 16;
/** include/linux/err.h: the greatest number of an error. */
const MAX_ERRNO = 4095;

/** A synchronous conversation with one netlink family in one network namespace. */
export class NetlinkSocket {
  readonly #transport: Transport;
  #sequence = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Sends one request and returns its answer.
   * @throws NetlinkError when the kernel refuses, NetlinkProtocolError when the reply is no answer, SyscallError (EAGAIN) when
   * none comes in time.
   */
  request<T>(request: NetlinkRequest<T>): T {
    for (let attempt = 1; attempt <= MAX_DUMP_ATTEMPTS; attempt += 1) {
      const outcome = this.#timed([request])[0];
      const isEnough = attempt === MAX_DUMP_ATTEMPTS && request.acceptsGaps === true;
      if (isEnough || !isInterrupted(outcome)) return answer(request, outcome);
    }
    throw new NetlinkProtocolError(
      request.step,
      `the list changed while it was read, ${MAX_DUMP_ATTEMPTS} times`,
    );
  }

  /** Like `request`, but an object that is not there is `undefined`, not an error. */
  find<T>(request: NetlinkRequest<T>): T | undefined {
    try {
      return this.request(request);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /**
   * Sends all requests, none or more, in as few `send`s as there is room for the answers; the kernel works through them in order and
   * does not stop at one that it refuses.
   * @throws the first refusal, after all replies are in: what follows it has been tried all the same.
   */
  batch(requests: readonly NetlinkRequest<unknown>[]): void {
    const outcomes: Outcome[] = [];
    for (let start = 0; start < requests.length; start += MAX_UNANSWERED)
      outcomes.push(...this.#timed(requests.slice(start, start + MAX_UNANSWERED)));
    for (const [index, request] of requests.entries()) answer(request, outcomes[index]);
  }

  close(): void {
    this.#transport.close();
  }

  #timed(requests: readonly NetlinkRequest<unknown>[]): readonly Outcome[] {
    const steps = requests.map((request) => request.step).join('; ');
    return step(`netlink: ${steps}`, () => during(steps, () => this.#exchange(requests)));
  }

  #exchange(requests: readonly NetlinkRequest<unknown>[]): readonly Outcome[] {
    const first = this.#sequence + 1;
    this.#sequence += requests.length;
    this.#transport.send(
      Buffer.concat(requests.map((request, index) => encodeRequest(request, first + index))),
    );
    const queue: Message[] = [];
    return requests.map((request, index) => this.#collect(request, first + index, queue));
  }

  /** Reads the messages of one request up to the one that ends it; `queue` holds what was received but belongs to later ones. */
  #collect(request: NetlinkRequest<unknown>, sequence: number, queue: Message[]): Outcome {
    const dump = (request.flags & NLM_F_DUMP) === NLM_F_DUMP;
    const replies: Buffer[] = [];
    let interrupted = false;
    for (;;) {
      const message = queue.shift();
      if (message === undefined) {
        queue.push(...this.#receive(request.step));
        continue;
      }
      if (message.seq < sequence) continue;
      if (message.seq > sequence) {
        throw new NetlinkProtocolError(request.step, `reply ${message.seq} came before reply ${sequence}`);
      }
      if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (message.type === NLMSG_ERROR || (dump && message.type === NLMSG_DONE)) {
        const error = readable(request.step, () => refusal(request.step, message));
        if (error !== undefined) return { error };
        return { replies, interrupted };
      }
      replies.push(message.data);
    }
  }

  #receive(step: string): Message[] {
    const datagram = this.#transport.receive();
    return readable(step, () => parseMessages(datagram));
  }
}

/**
 * A conversation in the current network namespace.
 * @param protocol NETLINK_*
 * @throws SyscallError
 */
export function openNetlinkSocket(protocol: number): NetlinkSocket {
  return new NetlinkSocket(openTransport(protocol));
}

function isInterrupted(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && 'interrupted' in outcome && outcome.interrupted;
}

function answer<T>(request: NetlinkRequest<T>, outcome: Outcome | undefined): T {
  const isPartial = isInterrupted(outcome) && request.acceptsGaps !== true;
  if (outcome === undefined || isPartial) throw new NetlinkProtocolError(request.step, 'no answer');
  if ('error' in outcome) throw outcome.error;
  try {
    return request.parse(outcome.replies);
  } catch (cause) {
    throw new NetlinkProtocolError(request.step, 'the reply cannot be read', {
      cause,
    });
  }
}

function readable<T>(step: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new NetlinkProtocolError(step, 'malformed reply', { cause });
  }
}

/**
 * The error that an NLMSG_ERROR or NLMSG_DONE carries; `undefined` for an acknowledgement.
 * struct nlmsgerr { int error; struct nlmsghdr msg; }: unless NLM_F_CAPPED is set, the whole refused request follows.
 */
function refusal(step: string, { data, flags, type }: Message): NetlinkError | undefined {
  const errno = readErrno(data);
  if (errno === 0) return undefined;
  if ((flags & NLM_F_ACK_TLVS) === 0) return new NetlinkError(step, errno);
  const attributes = data.subarray(4 + (type === NLMSG_DONE ? 0 : echoedLength(data, flags)));
  const sentence = readAttributes(attributes).get(NLMSGERR_ATTR_MSG);
  return new NetlinkError(step, errno, sentence?.toString('utf8').replace(/\0$/, ''));
}

function readErrno(data: Buffer): number {
  if (data.length < 4) throw new Error(`an error of ${data.length} bytes`);
  const errno = -readS32.call(data, 0);
  if (errno < 0 || errno > MAX_ERRNO) throw new Error(`an error with number ${errno}`);
  return errno;
}

/** How long the request is that an error repeats, its padding included. */
function echoedLength(data: Buffer, flags: number): number {
  if (data.length < 4 + NLMSG_HEADER_LENGTH) throw new Error(`an error of ${data.length} bytes`);
  const length = readU32.call(data, 4);
  if ((flags & NLM_F_CAPPED) !== 0) return NLMSG_HEADER_LENGTH;
  if (length < NLMSG_HEADER_LENGTH || 4 + length > data.length) throw new Error(`it repeats ${length} bytes`);
  return (length + 3) & ~3;
}
