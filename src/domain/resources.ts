/**
 * What tasks take while they run, and what there is of it. A pool is anything of which there is only so much: `cpu` (how many tasks of one
 * cpu each may run at once), `memory` (in bytes), `gpu` (whole devices), and whatever a job or a manager declares. Plans only: nobody
 * measures or enforces what a task really uses.
 */

/** Amounts by the name of the pool: in bytes of `memory`, in pieces of the others, down to a ten-thousandth. None is 0. */
export type Resources = Readonly<Record<string, number>>;

/** What a task takes that says nothing. */
export const DEFAULT_RESOURCES: Resources = Object.freeze({ cpu: 1 });

const UNITS_A_PIECE = 10_000;

/** Whole numbers can be added and taken away as often as one likes: 0.1 ten times is 1. */
export function unitsOf(pool: string, amount: number): number {
  return pool === "memory" ? Math.round(amount) : Math.round(amount * UNITS_A_PIECE);
}

export function amountOf(pool: string, units: number): number {
  return pool === "memory" ? units : units / UNITS_A_PIECE;
}
