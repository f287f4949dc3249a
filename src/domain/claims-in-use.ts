/** Attempts whose end is not yet on record in their job: by their claim, their keys there. */
export type ClaimsInUse = ReadonlyMap<string, ReadonlySet<number>>;
