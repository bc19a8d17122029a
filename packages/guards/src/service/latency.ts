import type { Latency } from '@ropewalk/core/contract/documents/shared'

const round = (value: number): number => Math.round(value * 1000) / 1000

/** The value below which a share of the sorted ones lies (nearest rank). */
const getRank = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0

/** What became of response times, in milliseconds; all zero where there are none. */
export const getLatency = (ms: readonly number[]): Latency => {
  const sorted = ms.toSorted((a, b) => a - b)
  const sum = sorted.reduce((total, one) => total + one, 0)
  return {
    mean: round(sorted.length === 0 ? 0 : sum / sorted.length),
    p50: round(getRank(sorted, 0.5)),
    p95: round(getRank(sorted, 0.95)),
    p99: round(getRank(sorted, 0.99)),
    max: round(sorted.at(-1) ?? 0),
  }
}
