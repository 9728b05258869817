import type { CniVersion } from './version.ts';

/** Error codes of SPEC 1.1.0, section 5 ("Error"). 8 and 999 are libcni's; 100 and above are this plugin's own. */
export const errorCode = {
  /** The plugin does not support the configuration's cniVersion, or the version is too old for the verb. */
  incompatibleVersion: 1,

  /** An environment variable is missing or malformed; the message names it. */
  invalidEnvironment: 4,
  /** Reading or writing failed, for example of stdin. */
  ioFailure: 5,
  /** The configuration, a version or a result could not be decoded. */
  decodingFailure: 6,
  /** The configuration has a value that is not allowed. */
  invalidConfig: 7,
  /** CNI_NETNS is not a network namespace, or is the plugin's own. */
  invalidNetns: 8,
  /** A temporary failure: the runtime should retry later. */
  tryAgain: 11,
  /** STATUS: the plugin cannot serve an ADD. */
  cannotAdd: 50,
  /** The kernel refused a request; the message has its error. */
  kernelRefused: 100,
  /** The bridge is another kind of link, or does not filter VLANs. */
  bridgeUnusable: 101,
  /** A link with the required name already exists. */
  nameTaken: 102,
  /** CHECK found a difference from the state that ADD left. */
  checkFailed: 103,
  /** Another machine already has the address. */
  addressInUse: 104,
  /** The uplink cannot serve the configuration. */
  uplinkUnusable: 105,
  /** An unexpected error. */
  internal: 999,
} as const;

/** One of the numbers of `errorCode`, or a delegate's own number passed through. */
export type ErrorCode = number;

/** An error for the runtime (SPEC 1.1.0, section 5, "Error"). */
export class CniError extends Error {
  override readonly name = 'CniError';
  readonly code: ErrorCode;
  /** Values, the kernel's words, a remedy. Absent: the messages of the causes become the details. */
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

/** Formats the JSON document of a failure. An error that is not a CniError becomes code 999. The document never has a stack. */
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

/** More causes than a real error has. Without a limit a cyclic chain would never end. */
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
