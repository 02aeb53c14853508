/** The middle one of some measurements. */
export function median(values: number[]): number {
  return percentile(values, 0.5);
}

/** The value that a share of the measurements does not exceed (nearest rank). */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
