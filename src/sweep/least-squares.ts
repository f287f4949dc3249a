/**
 * Least squares with coefficients that can't be negative, for the two or three of a scaling law. All ways to leave coefficients out are
 * tried, which for so few is the exact solution and needs no iteration. Pure.
 */

/**
 * @param rows what each coefficient is multiplied with, a row a measurement; few columns.
 * @param targets what the rows should come to.
 * @returns the coefficients; null if there are fewer measurements than coefficients, or they can't be told apart.
 */
export function nonNegativeLeastSquares(rows: readonly (readonly number[])[], targets: readonly number[]): number[] | null {
  const width = rows[0]?.length ?? 0;
  if (rows.length < width) return null;
  let best: { coefficients: number[]; error: number } | null = null;
  for (let chosen = 1; chosen < 2 ** width; chosen++) {
    const columns = [...Array(width).keys()].filter((column) => (chosen & (1 << column)) !== 0);
    const part = solveNormal(rows, targets, columns);
    if (part === null) {
      if (columns.length === width) return null;
      continue;
    }
    if (part.some((value) => value < 0)) continue;
    const coefficients = Array.from({ length: width }, () => 0);
    columns.forEach((column, index) => (coefficients[column] = part[index]!));
    const error = rows.reduce((sum, row, index) => sum + (dot(row, coefficients) - targets[index]!) ** 2, 0);
    if (best === null || error < best.error) best = { coefficients, error };
  }
  return best?.coefficients ?? null;
}

/** The normal equations of some columns, by elimination with pivots; null if they have no single solution. */
function solveNormal(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  columns: readonly number[],
): number[] | null {
  const size = columns.length;
  const matrix = columns.map((a) => [
    ...columns.map((b) => rows.reduce((sum, row) => sum + row[a]! * row[b]!, 0)),
    rows.reduce((sum, row, index) => sum + row[a]! * targets[index]!, 0),
  ]);
  const scale = Math.max(...matrix.flatMap((row) => row.slice(0, size).map(Math.abs)));
  for (let column = 0; column < size; column++) {
    const rest = matrix.slice(column);
    const pivot =
      column + rest.findIndex((row) => Math.abs(row[column]!) === Math.max(...rest.map((each) => Math.abs(each[column]!))));
    [matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!];
    const top = matrix[column]!;
    if (!(Math.abs(top[column]!) > scale * 1e-12)) return null;
    for (const row of matrix) {
      if (row === top) continue;
      const factor = row[column]! / top[column]!;
      for (let place = column; place <= size; place++) row[place]! -= factor * top[place]!;
    }
  }
  return matrix.map((row, index) => row[size]! / row[index]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
