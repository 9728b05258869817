import { CniError, errorCode } from '../../cni/error.ts';
import { toCniError } from './to-cni-error.ts';

/** Runs every operation, even after failures, and throws all failures together. */
export class AttemptAll {
  readonly #failures: { readonly operation: string; readonly error: unknown }[] = [];

  /** Runs the action and keeps its error for `throwFailures`. @param operation the words for the error message */
  attempt(operation: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#failures.push({ operation, error });
    }
  }

  /** @throws a single error unchanged; for several errors a CniError with the code of the first one and all messages */
  throwFailures(): void {
    const [first, ...others] = this.#failures;
    if (first === undefined) return;
    const known = toCniError(first.error);
    if (others.length === 0) throw known;
    const code = known instanceof CniError ? known.code : errorCode.internal;
    const lines = this.#failures.map(
      ({ operation, error }) => `${operation}: ${error instanceof Error ? error.message : error}`,
    );
    throw new CniError(code, lines.join('; '), { cause: first.error });
  }
}
