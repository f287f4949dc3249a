/** What came of the runs of one contender. */

/** Named numbers of one run; the unit is the last part of the name: `wallMs`, `peakRssMb`. */
export type Values = Readonly<Record<string, number>>;

export type ContenderResult = { readonly name: string; readonly command: string } & (
  | { readonly kind: "measured"; readonly samples: readonly Values[] }
  /** One run that failed takes all numbers away: those of the others would flatter. */
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "skipped"; readonly reason: string }
);
