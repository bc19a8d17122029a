export type ConfidenceBasis = {
  readonly isRateKnown: boolean
  readonly rows: number
  readonly categories: number
  readonly missingEstimates: number
}

/**
 * How far the figures are to be trusted (AX-33): 0.6, and 0.1 more with the rate known, 0.05 more with over 5
 * rows, 0.05 more with several categories, 0.1 less with over 2 missing estimates. In whole hundredths, so that
 * the sum is what it looks like.
 */
export const getConfidence = (basis: ConfidenceBasis): number => {
  const hundredths =
    60 +
    (basis.isRateKnown ? 10 : 0) +
    (basis.rows > 5 ? 5 : 0) +
    (basis.categories > 1 ? 5 : 0) -
    (basis.missingEstimates > 2 ? 10 : 0)
  return Math.min(100, Math.max(0, hundredths)) / 100
}
