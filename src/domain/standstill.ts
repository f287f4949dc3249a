/** That what becomes of attempts does not become known: one of the things that a runner says of itself while it lasts. */

export interface Standstill {
  readonly job: string;
  /** Whose attempts: at least one. */
  readonly tasks: readonly string[];
  /** In words, to stand behind what is waited for: "its runner is stopped". */
  readonly why: string;
  /** True if nothing at all can be told of them; false if it is known how they stand, and that nothing goes on. */
  readonly isUnclear: boolean;
  /** Monotonic milliseconds. */
  readonly since: number;
}
