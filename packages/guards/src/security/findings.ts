import { z } from 'zod'
import { Name } from '@ropewalk/core/text'
import { lacks, makeGuard } from '../make-guard.ts'
import { judgeFindings, LIMITS } from './judge-findings.ts'
import { tellFindings, type Told } from './list-findings.ts'
import { findExpectedRevision } from './revision.ts'

const Settings = z.strictObject({
  ...LIMITS,
  /** Which parts of the reports are judged; left out, all that are no extras, and the extras that were run. */
  parts: z.array(Name).min(1).max(20).optional(),
  /** Ids of findings that count apart. Nothing critical is waived. */
  waived: z.array(z.string().max(200)).max(500).default([]),
  /** The artifact whose revision the reports may be of, where that is not the commit under judgement. */
  revision_of: Name.optional(),
})

/**
 * The findings of scan reports, a privacy review or a threat model are within limits, the reports are about the
 * commit under judgement, and every judged part of them was run. A report of another commit is critical.
 */
export const guard = makeGuard({
  name: 'findings',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const told: Told[] = []
    for (const judged of input.judged) {
      const found = tellFindings(judged, settings.parts)
      if (found === 'broken')
        return { outcome: 'fail', score: 0, reasons: [`${judged.artifact.name} breaks its contract.`] }
      if (found !== undefined) told.push(found)
    }
    if (told.length === 0) return lacks(`${input.use.artifacts.join(' or ')} as a report with findings`)
    const expected = findExpectedRevision(input, settings.revision_of)
    const reports = told.filter(({ revision }) => revision !== undefined)
    const foreign = reports.filter(
      ({ revision, missing }) => revision !== expected && (revision !== null || missing.length === 0),
    )
    if (reports.length > 0 && expected === null) return lacks(settings.revision_of ?? 'SourceCode')
    if (foreign.length > 0) {
      const reasons = foreign.map(
        ({ name, revision }) =>
          `${name} is about ${revision ?? 'no commit'}, and ${expected ?? 'none'} is judged.`,
      )
      return { outcome: 'fail', score: 0, severity: 'critical', reasons }
    }
    const judgement = judgeFindings(
      told.flatMap(({ findings }) => findings),
      settings,
      settings.waived,
    )
    const missing = told.flatMap((one) => one.missing)
    if (judgement.outcome === 'fail' || missing.length === 0)
      return { ...judgement, reasons: [...judgement.reasons, ...missing] }
    return { ...judgement, outcome: 'not-run', score: 0, reasons: missing }
  },
})
