import { soak } from '../../helpers/soak.ts';
import { inject } from '../../helpers/strace.ts';
import type { Fault } from '../faults.ts';
import { isEvent, isInjected, isInjectedLine, type SystemCall } from '../system-calls.ts';

/** A request that the plugin sent, and the calls by which it read the answer. */
type Exchange = { readonly sent: SystemCall; readonly received: readonly SystemCall[] };

/** Each request refused by the kernel, with two errors out of those that it may have; in the soak with all of them. */
export function refusalFaults(calls: readonly SystemCall[]): readonly Fault[] {
  return exchanges(calls).flatMap((exchange, index) => {
    const errors = Object.entries(isQuestion(exchange) ? QUESTION_ERRORS : ERRORS);
    const chosen = soak ? errors : [0, 1].map((step) => errors[(index + step) % errors.length]);
    return chosen.flatMap((error) => (error === undefined ? [] : [refusal(exchange, error)]));
  });
}

/** A request that gets no answer at all: the kernel never sees it. */
export function silence(calls: readonly SystemCall[], nth: number): Fault {
  const { sent } = requireAt(exchanges(calls), nth);
  return {
    name: `no answer to ${name(sent)}`,
    options: inject(sent, `retval=${lengthOf(sent)}`),
    cameAbout: isInjected,
    word: 'EAGAIN',
  };
}

/** Each reply damaged, in two ways out of all; in the soak in all of them. */
export function replyFaults(calls: readonly SystemCall[]): readonly Fault[] {
  const received = exchanges(calls).flatMap((exchange) => exchange.received);
  return received.flatMap((call, index) => {
    const ways = Object.entries(isLast(call) ? DAMAGES : { ...DAMAGES, ...DISGUISES });
    const chosen = soak ? ways : [0, 1].map((step) => ways[(2 * index + step) % ways.length]);
    return chosen.flatMap((way) =>
      way === undefined
        ? []
        : [
            {
              name: `${way[0]} in place of ${name(call)}`,
              options: inject(call, way[1](call)),
              cameAbout: isInjected,
            },
          ],
    );
  });
}

/** The first request that makes something is done, but its answer cannot be read. */
export function lostCreation(calls: readonly SystemCall[]): Fault {
  const creation = exchanges(calls).find(({ sent }) => sent.shown.includes('NLM_F_CREATE'));
  const answer = requireAt(creation?.received ?? [], 0);
  return {
    name: `answer lost: ${name(answer)}`,
    options: inject(answer, 'poke_exit=@arg2=ffffff7f'),
    cameAbout: isInjected,
  };
}

/**
 * Replies in whose place another process says that the kernel refuses. What has one message more to come ends at once; what has not
 * would be waited for in vain, so that those are left out.
 */
export function strangerFaults(calls: readonly SystemCall[]): readonly Fault[] {
  const first = exchanges(calls).flatMap(({ received }) => (received.length > 1 ? received.slice(0, 1) : []));
  return first.map((call) => {
    const says = errorStart(messageLength(call), sequenceOf(call), QUESTION_ERRORS.EPERM);
    return {
      name: `another sender of ${name(call)}`,
      // struct sockaddr_nl: family 16, two bytes of padding, the sender's port.
      options: inject(call, `poke_exit=@arg2=${says},@arg5=1000000039300000`),
      cameAbout: isInjected,
      lie: 'EPERM',
    };
  });
}

// include/uapi/asm-generic/errno-base.h, errno.h
const QUESTION_ERRORS = { EPERM: 1, ENOMEM: 12, EBUSY: 16 };
const ERRORS = { EBUSY: 16, EPERM: 1, ENOMEM: 12, EEXIST: 17, EINVAL: 22, ENOSPC: 28 };

/** The first bytes of a `struct nlmsghdr`, or what recvfrom says its length is. */
const DAMAGES: Readonly<Record<string, (call: SystemCall) => string>> = {
  nothing: () => 'retval=0',
  'nine bytes': () => 'retval=9',
  'more than fits': () => 'retval=1000000',
  'a message of no length': () => 'poke_exit=@arg2=00000000',
  'a message shorter than its header': () => 'poke_exit=@arg2=0f000000',
  'a message that is longer than what came': () => 'poke_exit=@arg2=ffffff7f',
  'a message without a body': () => 'poke_exit=@arg2=10000000',
  'an error without a number': () => 'poke_exit=@arg2=1000000002000000',
  'an answer to what was not asked yet': (call) =>
    `poke_exit=@arg2=${u32(messageLength(call))}02000000${u32(1_000_000)}`,
};

/** The same for a reply that another one follows: in place of the last one they would be waited on in vain. */
const DISGUISES: typeof DAMAGES = {
  'the end of a list': (call) => `poke_exit=@arg2=${u32(messageLength(call))}03000000`,
  'a message of another type': (call) => `poke_exit=@arg2=${u32(messageLength(call))}99000000`,
};

/** The request is not executed; the first reply is that it was refused, and so was all that was sent with it. */
function refusal({ sent, received }: Exchange, [code, errno]: readonly [string, number]): Fault {
  const sequences = [...new Set(received.map(sequenceOf))];
  const reply = sequences.map((sequence) => errorMessage(sequence, errno)).join('');
  const first = requireAt(received, 0);
  const options = [
    '--trace=sendto,recvfrom',
    `--inject=sendto:retval=${lengthOf(sent)}:when=${sent.nth}`,
    `--inject=recvfrom:retval=${reply.length / 2}:poke_exit=@arg2=${reply}:when=${first.nth}`,
  ];
  const cameAbout = (lines: readonly string[]): boolean => {
    const place = lines.findIndex(isInjectedLine);
    return requestOf(lines[place]) === requestOf(sent.shown) && isInjectedLine(lines[place + 1]);
  };
  return { name: `${name(sent)} refused with ${code}`, options, cameAbout, onlyThere: true, word: code };
}

/** The header of the first message. */
function requestOf(shown: string | undefined): string | undefined {
  return /nlmsg_len=\d+, nlmsg_type=[^}]*nlmsg_seq=\d+/.exec(shown ?? '')?.[0];
}

/** An NLMSG_ERROR, with the header that it is about. */
function errorMessage(sequence: number, errno: number): string {
  return `${errorStart(36, sequence, errno)}${'00'.repeat(16)}`;
}

/** struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; } of an NLMSG_ERROR, and its errno. */
function errorStart(length: number, sequence: number, errno: number): string {
  const NLM_F_CAPPED = '0001';
  return `${u32(length)}0200${NLM_F_CAPPED}${u32(sequence)}${u32(0)}${u32(-errno)}`;
}

/** As the bytes of a little-endian machine. */
function u32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes.toString('hex');
}

function exchanges(calls: readonly SystemCall[]): readonly Exchange[] {
  const talk = calls.filter((call) => call.name === 'sendto' || call.name === 'recvfrom');
  return talk.flatMap((sent, index) => {
    if (sent.name !== 'sendto') return [];
    const next = talk.findIndex((call, place) => place > index && call.name === 'sendto');
    const after = talk.slice(index + 1, next === -1 ? undefined : next);
    return [{ sent, received: after.filter((call) => !isEvent(call)) }];
  });
}

/** RTM_GETLINK and RTM_GETADDR, which strace knows by name on some sockets only; GETs are 2 above a multiple of 4. */
function isQuestion({ sent }: Exchange): boolean {
  const type = /nlmsg_type=(\w+)/.exec(sent.shown)?.[1] ?? '';
  return type.startsWith('RTM_GET') || Number(type) % 4 === 2;
}

/** Whether the answer ends with it. */
function isLast({ shown }: SystemCall): boolean {
  return /nlmsg_type=NLMSG_(ERROR|DONE)/.test(shown);
}

function sequenceOf({ shown }: SystemCall): number {
  return Number(/nlmsg_seq=(\d+)/.exec(shown)?.[1]);
}

function messageLength({ shown }: SystemCall): number {
  return Number(/nlmsg_len=(\d+)/.exec(shown)?.[1]);
}

function lengthOf({ shown }: SystemCall): number {
  return Number(/ = (\d+)$/.exec(shown)?.[1]);
}

function name({ name: call, nth, shown }: SystemCall): string {
  return `${call} ${nth} (${/nlmsg_type=\w+/.exec(shown)?.[0]}, ${/nlmsg_seq=\w+/.exec(shown)?.[0]})`;
}

function requireAt<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  if (item === undefined) throw new Error(`there is no number ${index} of ${items.length}`);
  return item;
}
