import type { CniVersion } from './version.ts';

/** Error codes of SPEC 1.1.0, section 5 ("Error"); 8 and 999 are libcni's, 100 and above are this plugin's own. */
export const errorCode = {
  /** The configuration's cniVersion is not one we speak, or is too old for the verb. */
  incompatibleVersion: 1,
  /** The container is gone, so the runtime need not call DEL. */
  unknownContainer: 3,
  /** An environment variable is missing or malformed; the message names it. */
  invalidEnvironment: 4,
  /** Reading or writing failed, stdin for one. */
  ioFailure: 5,
  /** What should have been JSON, a version or a result could not be decoded. */
  decodingFailure: 6,
  /** The configuration was read, but a value in it is not allowed. */
  invalidConfig: 7,
  /** CNI_NETNS is not a network namespace, or is the plugin's own. */
  invalidNetns: 8,
  /** Something passing is in the way; the runtime should try again later. */
  tryAgain: 11,
  /** STATUS: no further ADD can be served. */
  cannotAdd: 50,
  /** STATUS: no further ADD can be served, and containers already attached have lost connectivity. */
  cannotAddAndImpaired: 51,
  /** The kernel refused a request; details carry its words. */
  kernelRefused: 100,
  /** The bridge is not a bridge, or cannot keep VLANs apart. */
  bridgeUnusable: 101,
  /** A link of the wanted name exists already. */
  nameTaken: 102,
  /** CHECK found something other than what ADD left. */
  checkFailed: 103,
  /** Another machine has the address already. */
  addressInUse: 104,
  /** The trunk cannot do what the configuration wants. */
  uplinkUnusable: 105,
  /** An error nobody foresaw. */
  internal: 999,
} as const;

/** One of the numbers of `errorCode`, or a delegate's own number passed through. */
export type ErrorCode = number;

/** An error as the runtime sees it. */
export class CniError extends Error {
  override readonly name = 'CniError';
  readonly code: ErrorCode;
  /** More than fits a line: values, the kernel's words, a remedy. Absent: the messages of the causes stand in. */
  readonly details: string | undefined;

  constructor(
    code: ErrorCode,
    msg: string,
    more: {
      readonly details?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(msg, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.details = more.details;
  }
}

/** The JSON document that tells the runtime of a failure; anything but a CniError becomes code 999. Never a stack. */
export function formatError(error: unknown, cniVersion: CniVersion): string {
  const code = error instanceof CniError ? error.code : errorCode.internal;
  const details = error instanceof CniError ? error.details : undefined;
  const reply = {
    cniVersion,
    code,
    msg: messageOf(error),
    details: details ?? causes(error),
  };
  return JSON.stringify(reply, undefined, 4);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Deep enough for any real chain, and an end to one that bites its own tail. */
const longestChain = 16;

function causes(error: unknown): string | undefined {
  const messages: string[] = [];
  let cause = causeOf(error);
  while (cause !== undefined && messages.length < longestChain) {
    messages.push(messageOf(cause));
    cause = causeOf(cause);
  }
  return messages.length > 0 ? messages.join(': ') : undefined;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
