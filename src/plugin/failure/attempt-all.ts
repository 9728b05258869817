import { CniError, errorCode } from '../../cni/error.ts';
import { toCniError } from './to-cni-error.ts';

/** Steps of which each is taken whatever became of the others. */
export class AttemptAll {
  readonly #failures: { readonly step: string; readonly error: unknown }[] = [];

  /** Takes the step; its error is kept for `throwFailures`. */
  attempt(step: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#failures.push({ step, error });
    }
  }

  /** @throws the only error as it is, or a CniError with the code of the first one and the words of all */
  throwFailures(): void {
    const [first, ...others] = this.#failures;
    if (first === undefined) return;
    const known = toCniError(first.error);
    if (others.length === 0) throw known;
    const code = known instanceof CniError ? known.code : errorCode.internal;
    const lines = this.#failures.map(
      ({ step, error }) => `${step}: ${error instanceof Error ? error.message : error}`,
    );
    throw new CniError(code, lines.join('; '), { cause: first.error });
  }
}
