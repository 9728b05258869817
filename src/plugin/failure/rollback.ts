/** The reverses of all changes so far. `run` executes the reverse of the last change first. */
export class Rollback {
  readonly #reverses: {
    readonly operation: string;
    readonly reverse: () => void;
  }[] = [];

  /** Adds the reverse of a change. @param operation the words for the reverse in the error message */
  add(operation: string, reverse: () => void): void {
    this.#reverses.push({ operation, reverse });
  }

  /** Rolls every change back, even after failures. @returns one sentence for each change that could not be rolled back */
  run(): readonly string[] {
    const failures: string[] = [];
    for (let entry = this.#reverses.pop(); entry !== undefined; entry = this.#reverses.pop()) {
      try {
        entry.reverse();
      } catch (error) {
        failures.push(`${entry.operation}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return failures;
  }
}
