/** The points of a sweep: every combination of a concurrency and a value of each param. Pure. */

export type ParamValue = string | number | boolean;

/** One combination: what is measured again and again. */
export interface BenchPoint {
  /** Tasks at once. */
  readonly concurrency: number;
  readonly params: Readonly<Record<string, ParamValue>>;
}

export interface Sweep {
  readonly concurrency: readonly number[];
  readonly params: Readonly<Record<string, readonly ParamValue[]>>;
}

/** In the order of the sweep, the concurrency changing fastest. */
export function pointsOf({ concurrency, params }: Sweep): BenchPoint[] {
  let combinations: Readonly<Record<string, ParamValue>>[] = [{}];
  for (const [name, values] of Object.entries(params)) {
    combinations = combinations.flatMap((combination) =>
      values.map((value) => Object.assign({}, combination, { [name]: value })),
    );
  }
  return combinations.flatMap((each) => concurrency.map((slots) => ({ concurrency: slots, params: each })));
}

export function countPoints({ concurrency, params }: Sweep): number {
  return Object.values(params).reduce((count, values) => count * values.length, concurrency.length);
}

/** `4 shards, 2 at a time`; only what is swept, and never nothing. */
export function pointText({ concurrency, params }: BenchPoint, sweep: Sweep): string {
  const swept = Object.entries(params).filter(([name]) => (sweep.params[name]?.length ?? 0) > 1);
  const words = swept.map(([name, value]) => paramText(name, value));
  return sweep.concurrency.length > 1 || words.length === 0
    ? [...words, `${concurrency} at a time`].join(", ")
    : words.join(", ");
}

function paramText(name: string, value: ParamValue): string {
  if (!/^\d+$/.test(String(value)) || !/^[a-z]+s$/.test(name)) return `${name}=${value}`;
  return `${value} ${Number(value) === 1 ? name.slice(0, -1) : name}`;
}

/** The same for the same point, whatever the order of its params, and whether a value was typed or read. */
export function pointKey({ concurrency, params }: BenchPoint): string {
  const sorted = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([concurrency, sorted.map(([name, value]) => [name, String(value)])]);
}
