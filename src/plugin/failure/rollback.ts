/** The reverses of the changes made so far, last change first. */
export class Rollback {
  readonly #reverses: {
    readonly step: string;
    readonly reverse: () => void;
  }[] = [];

  /** Remembers how to take back a change. `step` says in words what the reverse does. */
  add(step: string, reverse: () => void): void {
    this.#reverses.push({ step, reverse });
  }

  /** Takes everything back, going on past failures. @returns what could not be taken back, a sentence each */
  run(): readonly string[] {
    const failures: string[] = [];
    for (let entry = this.#reverses.pop(); entry !== undefined; entry = this.#reverses.pop()) {
      try {
        entry.reverse();
      } catch (error) {
        failures.push(`${entry.step}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return failures;
  }
}
