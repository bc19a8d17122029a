import type { Tone } from './view.ts'

export const VERDICTS = {
  verified: 'verified',
  gaps: 'verified with gaps',
  unverified: 'not verified',
} as const
export type VerdictWord = keyof typeof VERDICTS

export const VERDICT_TONES: Readonly<Record<VerdictWord, Tone>> = {
  verified: 'good',
  gaps: 'gap',
  unverified: 'bad',
}

const OUTCOME_TONES: Readonly<Record<string, Tone>> = {
  pass: 'good',
  passed: 'good',
  succeeded: 'good',
  accept: 'good',
  active: 'gap',
  fail: 'bad',
  failed: 'bad',
  error: 'bad',
  reject: 'bad',
  rejected: 'bad',
  cancelled: 'bad',
  'not-run': 'gap',
  missing: 'gap',
  skipped: 'gap',
  requested: 'gap',
  expired: 'gap',
  revoked: 'gap',
}

/** The tone of an outcome, a status or a decision; plain where it is neither good nor bad. */
export const getTone = (outcome: string): Tone =>
  Object.hasOwn(OUTCOME_TONES, outcome) ? (OUTCOME_TONES[outcome] ?? 'plain') : 'plain'

/** Dollars from millionths; cents where they are enough. */
export const usd = (micros: number): string =>
  `$${(micros / 1_000_000).toFixed(micros === 0 || micros >= 1_000_000 ? 2 : 4)}`

export const percent = (share: number | null): string =>
  share === null ? '–' : `${String(Math.round(share * 1000) / 10)} %`

export const shortCommit = (commit: string): string => commit.slice(0, 7)

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** A span of time in its two largest units. */
export const duration = (ms: number): string => {
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.round((ms % MINUTE) / SECOND)} s`
  return `${Math.floor(ms / HOUR)} h ${Math.round((ms % HOUR) / MINUTE)} min`
}

/** An instant as people read it, in UTC. */
export const instant = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`

/** A command as one line. */
export const command = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\w./:=@+…-]+$/u.test(word) ? word : JSON.stringify(word))).join(' ')
