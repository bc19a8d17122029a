import { z } from 'zod'
import { Name } from '@ropewalk/core/text'
import { SECURITY_SECTIONS } from '@ropewalk/core/contract/documents/security'
import { findArtifact, findDocument } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { LIMITS } from './judge-findings.ts'
import { findExpectedRevision } from './revision.ts'

const Settings = z.strictObject({
  ...LIMITS,
  /** Sections that may be not-run when they say why; any other that was not run makes the outcome not-run. */
  may_be_missing: z.array(z.enum(SECURITY_SECTIONS)).default([]),
  revision_of: Name.optional(),
})

/** A section's document must be the one the run has: the pack was made of these, not of earlier ones. */
const findStale = (
  input: GuardInput,
  sections: readonly { section: string; artifact: string | null; digest: string | null }[],
): string[] =>
  sections.flatMap(({ section, artifact, digest }) => {
    const found = artifact === null ? undefined : findArtifact(input, artifact)
    if (found === undefined || digest === found.artifact.digest) return []
    return [`Section ${section} was made of another version of ${artifact ?? ''} than the run has now.`]
  })

/** All ten sections are there, done or with the reason why not, made of the run's own documents and commit. */
export const guard = makeGuard({
  name: 'security-pack',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const pack = findDocument(input, 'SecurityPack')
    if (pack === undefined) return lacks('SecurityPack')
    const expected = findExpectedRevision(input, settings.revision_of)
    if (expected === null) return lacks(settings.revision_of ?? 'SourceCode')
    const silent = pack.sections.filter(({ status, reason }) => status !== 'done' && reason === null)
    const groundless = pack.sections.filter(
      ({ section, status, digest }) => status === 'done' && section !== 'waivers' && digest === null,
    )
    const sum = (severity: keyof typeof pack.counts) =>
      pack.sections.reduce((total, { counts }) => total + counts[severity], 0)
    const miscounted = (['critical', 'high', 'medium', 'low', 'info'] as const).filter(
      (severity) => sum(severity) !== pack.counts[severity],
    )
    const above = (['critical', 'high', 'medium', 'low'] as const).flatMap((severity) => {
      const max = settings[`max_${severity}`]
      return max !== null && sum(severity) > max
        ? [`The pack counts ${sum(severity)} ${severity} findings, expected at most ${max}.`]
        : []
    })
    const faults = [
      ...(pack.revision === expected
        ? []
        : [`SecurityPack is about ${pack.revision ?? 'no commit'}, and ${expected} is judged.`]),
      ...findStale(input, pack.sections),
      ...silent.map(({ section }) => `Section ${section} does not say why it is not done.`),
      ...groundless.map(({ section }) => `Section ${section} is done and names no document.`),
      ...miscounted.map(
        (severity) => `The ${severity} findings of the sections do not add up to the pack’s count.`,
      ),
    ]
    const missing = pack.sections.filter(({ status }) => status === 'not-run')
    const gaps = missing.filter(({ section }) => !settings.may_be_missing.includes(section))
    const told = missing.map(({ section, reason }) => `Section ${section} was not run: ${reason ?? ''}`)
    const done = pack.sections.length - missing.length
    const metrics = { sections: pack.sections.length, done, not_run: missing.length }
    if (faults.length > 0)
      return {
        outcome: 'fail',
        score: 0,
        severity: 'critical',
        reasons: [...faults, ...above, ...told],
        metrics,
      }
    if (above.length > 0)
      return {
        outcome: 'fail',
        score: 0,
        severity: sum('critical') > settings.max_critical ? 'critical' : 'major',
        reasons: [...above, ...told],
        metrics,
      }
    if (gaps.length > 0) return { outcome: 'not-run', score: 0, reasons: told, metrics }
    return { outcome: 'pass', score: done / pack.sections.length, reasons: told, metrics }
  },
})
