import { parseMessages, readS32, readU32 } from 'netlink/dist/structs.js';
import { during } from '../sys/libc.ts';
import { traced } from '../sys/trace.ts';
import { isGone, NetlinkError, NetlinkProtocolError } from './error.ts';
import {
  encodeMessage,
  type NetlinkMessage,
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

type Reply = ReturnType<typeof parseMessages>[number];

/** What one message came to: the kernel's reply messages, or its refusal. */
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
   * Sends one message and returns its answer.
   * @throws NetlinkError when the kernel refuses, NetlinkProtocolError when the reply is no answer, SyscallError (EAGAIN) when
   * none comes in time.
   */
  execute<T>(message: NetlinkMessage<T>): T {
    for (let attempt = 1; attempt <= MAX_DUMP_ATTEMPTS; attempt += 1) {
      const outcome = this.#timed([message])[0];
      const isEnough = attempt === MAX_DUMP_ATTEMPTS && message.allowInterrupted === true;
      if (isEnough || !isInterrupted(outcome)) return answer(message, outcome);
    }
    throw new NetlinkProtocolError(
      message.operation,
      `the list changed while it was read, ${MAX_DUMP_ATTEMPTS} times`,
    );
  }

  /** Like `execute`, but an object that is not there is `undefined`, not an error. */
  find<T>(message: NetlinkMessage<T>): T | undefined {
    try {
      return this.execute(message);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /**
   * Sends all messages, none or more, in as few `send`s as there is room for the answers; the kernel works through them in order and
   * does not stop at one that it refuses.
   * @throws the first refusal, after all replies are in: what follows it has been tried all the same.
   */
  batch(messages: readonly NetlinkMessage<unknown>[]): void {
    const outcomes: Outcome[] = [];
    for (let start = 0; start < messages.length; start += MAX_UNANSWERED)
      outcomes.push(...this.#timed(messages.slice(start, start + MAX_UNANSWERED)));
    for (const [index, message] of messages.entries()) answer(message, outcomes[index]);
  }

  close(): void {
    this.#transport.close();
  }

  #timed(messages: readonly NetlinkMessage<unknown>[]): readonly Outcome[] {
    const operations = messages.map((message) => message.operation).join('; ');
    return traced(`netlink: ${operations}`, () => during(operations, () => this.#exchange(messages)));
  }

  #exchange(messages: readonly NetlinkMessage<unknown>[]): readonly Outcome[] {
    const first = this.#sequence + 1;
    this.#sequence += messages.length;
    this.#transport.send(
      Buffer.concat(messages.map((message, index) => encodeMessage(message, first + index))),
    );
    const queue: Reply[] = [];
    return messages.map((message, index) => this.#collect(message, first + index, queue));
  }

  /** Reads the messages of one message up to the one that ends it; `queue` holds what was received but belongs to later ones. */
  #collect(message: NetlinkMessage<unknown>, sequence: number, queue: Reply[]): Outcome {
    const dump = (message.flags & NLM_F_DUMP) === NLM_F_DUMP;
    const replies: Buffer[] = [];
    let interrupted = false;
    for (;;) {
      const reply = queue.shift();
      if (reply === undefined) {
        queue.push(...this.#receive(message.operation));
        continue;
      }
      if (reply.seq < sequence) continue;
      if (reply.seq > sequence) {
        throw new NetlinkProtocolError(message.operation, `reply ${reply.seq} came before reply ${sequence}`);
      }
      if ((reply.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (reply.type === NLMSG_ERROR || (dump && reply.type === NLMSG_DONE)) {
        const error = readable(message.operation, () => refusal(message.operation, reply));
        if (error !== undefined) return { error };
        return { replies, interrupted };
      }
      replies.push(reply.data);
    }
  }

  #receive(operation: string): Reply[] {
    const datagram = this.#transport.receive();
    return readable(operation, () => parseMessages(datagram));
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

function answer<T>(message: NetlinkMessage<T>, outcome: Outcome | undefined): T {
  const isPartial = isInterrupted(outcome) && message.allowInterrupted !== true;
  if (outcome === undefined || isPartial) throw new NetlinkProtocolError(message.operation, 'no answer');
  if ('error' in outcome) throw outcome.error;
  try {
    return message.parse(outcome.replies);
  } catch (cause) {
    throw new NetlinkProtocolError(message.operation, 'the reply cannot be read', {
      cause,
    });
  }
}

function readable<T>(operation: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new NetlinkProtocolError(operation, 'malformed reply', { cause });
  }
}

/**
 * The error that an NLMSG_ERROR or NLMSG_DONE carries; `undefined` for an acknowledgement.
 * struct nlmsgerr { int error; struct nlmsghdr msg; }: unless NLM_F_CAPPED is set, the whole refused message follows.
 */
function refusal(operation: string, { data, flags, type }: Reply): NetlinkError | undefined {
  const errno = readErrno(data);
  if (errno === 0) return undefined;
  if ((flags & NLM_F_ACK_TLVS) === 0) return new NetlinkError(operation, errno);
  const attributes = data.subarray(4 + (type === NLMSG_DONE ? 0 : echoedLength(data, flags)));
  const sentence = readAttributes(attributes).get(NLMSGERR_ATTR_MSG);
  return new NetlinkError(operation, errno, sentence?.toString('utf8').replace(/\0$/, ''));
}

function readErrno(data: Buffer): number {
  if (data.length < 4) throw new Error(`an error of ${data.length} bytes`);
  const errno = -readS32.call(data, 0);
  if (errno < 0 || errno > MAX_ERRNO) throw new Error(`an error with number ${errno}`);
  return errno;
}

/** How long the message is that an error repeats, its padding included. */
function echoedLength(data: Buffer, flags: number): number {
  if (data.length < 4 + NLMSG_HEADER_LENGTH) throw new Error(`an error of ${data.length} bytes`);
  const length = readU32.call(data, 4);
  if ((flags & NLM_F_CAPPED) !== 0) return NLMSG_HEADER_LENGTH;
  if (length < NLMSG_HEADER_LENGTH || 4 + length > data.length) throw new Error(`it repeats ${length} bytes`);
  return (length + 3) & ~3;
}
