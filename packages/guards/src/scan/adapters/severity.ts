import type { Severity } from '../finding.ts'

/** The severity that a program's own word means; a word nobody knows is medium, not harmless. */
export const getSeverity = (word: string): Severity => {
  const known: Readonly<Record<string, Severity>> = {
    CRITICAL: 'critical',
    ERROR: 'high',
    HIGH: 'high',
    MODERATE: 'medium',
    MEDIUM: 'medium',
    WARNING: 'medium',
    LOW: 'low',
    INFO: 'low',
  }
  return known[word.toUpperCase()] ?? 'medium'
}

/** The severity of a CVSS base score. Source: https://www.first.org/cvss/v3.1/specification-document (table 14) */
export const getScoreSeverity = (score: number): Severity => {
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  return score >= 4 || Number.isNaN(score) ? 'medium' : 'low'
}
