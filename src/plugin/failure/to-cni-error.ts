import { CniError, errorCode } from '../../cni/error.ts';
import { NetlinkError } from '../../netlink/error.ts';
import { AskedToEnd } from '../../sys/end-signals.ts';
import { SyscallError } from '../../sys/libc.ts';
import { LockTimeout } from '../../sys/lock.ts';
import { NetnsError } from '../../sys/netns.ts';
import { UntrustedFile } from '../../sys/private-directory.ts';

/**
 * Converts an error to the CniError that the runtime sees. A refusal of the kernel becomes code 100. A lock that another process holds
 * and a signal that asks to end become code 11. An untrusted file becomes code 5. Other errors stay as they are.
 * @param leftBehind one sentence for each change that could not be rolled back, for the details
 */
export function toCniError(error: unknown, leftBehind: readonly string[] = []): unknown {
  const known = classify(error);
  if (leftBehind.length === 0) return known;
  const { code, message, details } = known instanceof CniError ? known : unexpected(known);
  const residue = `could not be rolled back: ${leftBehind.join('; ')}`;
  return new CniError(code, message, {
    details: details === undefined ? residue : `${details}\n${residue}`,
    cause: error,
  });
}

function classify(error: unknown): unknown {
  if (error instanceof LockTimeout) return new CniError(errorCode.tryAgain, error.message, { cause: error });
  if (error instanceof AskedToEnd) return new CniError(errorCode.tryAgain, error.message);
  if (error instanceof UntrustedFile) return new CniError(errorCode.ioFailure, error.message);
  if (error instanceof NetnsError) {
    return new CniError(errorCode.kernelRefused, error.message, { cause: error.cause });
  }
  if (!(error instanceof NetlinkError || error instanceof SyscallError)) return error;
  return new CniError(errorCode.kernelRefused, error.message, {
    details: remedyOf(error.code),
  });
}

function unexpected(error: unknown): CniError {
  return new CniError(errorCode.internal, error instanceof Error ? error.message : String(error));
}

function remedyOf(code: string): string | undefined {
  if (code === 'EPERM' || code === 'EACCES') {
    return 'the plugin needs the capabilities CAP_NET_ADMIN and CAP_SYS_ADMIN; runtimes run it as root';
  }
  return undefined;
}
