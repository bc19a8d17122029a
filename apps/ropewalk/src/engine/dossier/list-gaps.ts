import type { GuardUse } from '@ropewalk/core/contract/playbook'
import type { Gap } from '@ropewalk/core/dossier/manifest'
import { z } from 'zod'
import { findContent, listStanding, type KeptReport, type RunRecord } from './run-record.ts'
import { getEvidencePath } from './paths.ts'

const listNotRun = (standing: readonly KeptReport[]): Gap[] =>
  standing
    .filter(({ report }) => report.outcome === 'not-run')
    .map((kept) => ({
      kind: 'not-run',
      text: `${kept.phase}: ${kept.report.guard} was not run for ${kept.report.rubric} (${kept.report.reasons[0] ?? 'no reason given'})`,
      reason: kept.report.reasons[0] ?? 'No reason was given.',
      phase: kept.phase,
      rubric: kept.report.rubric,
      source: getEvidencePath(kept),
    }))

/** An optional rubric that nothing checked has no report that could say so. */
const listUnchecked = ({ view, gates, reports }: RunRecord): Gap[] =>
  listStanding({ view, gates }).flatMap(({ phase, pack }) => {
    const rubrics = view.plan.phases.find((one) => one.phase === phase)?.definition.rubrics ?? {}
    const checked = new Set(
      reports.filter(({ packId }) => packId === pack.id).map(({ report }) => report.rubric),
    )
    return Object.entries(rubrics)
      .filter(([name, { optional }]) => optional && !checked.has(name))
      .map(([rubric]) => ({
        kind: 'not-run' as const,
        text: `${phase}: nothing checked the optional rubric ${rubric}`,
        reason: 'No check of the playbook speaks of it.',
        phase,
        rubric,
        source: `#gate-${phase}`,
      }))
  })

const listWaived = ({ view, gates, waivers }: RunRecord): Gap[] =>
  listStanding({ view, gates }).flatMap(({ phase, pack }) =>
    pack.waivers.map(({ waiverId, rubric, owner, expiresAt }) => ({
      kind: 'waiver' as const,
      text: `${phase}: ${rubric} was waived by ${owner} until ${expiresAt.slice(0, 10)}`,
      reason: waivers.find(({ id }) => id === waiverId)?.justification ?? 'The waiver is not on record.',
      phase,
      rubric,
      source: `#waiver-${waiverId}`,
    })),
  )

const listUnconfined = (standing: readonly KeptReport[]): Gap[] => {
  const found = standing.filter(({ report }) => report.confined === 'no')
  const [first] = found
  if (first === undefined) return []
  return [
    {
      kind: 'unconfined',
      text: 'Code was checked without a sandbox: none was to be had on the machine, or it was switched off.',
      reason: `The code under check could have reached the machine: ${[...new Set(found.map(({ phase, report }) => `${report.guard} in ${phase}`))].join(', ')}.`,
      phase: null,
      rubric: null,
      source: getEvidencePath(first),
    },
  ]
}

/**
 * A default that nobody confirmed weakens the verdict where the question is one of risk, or a high-priority
 * assumption. What else was assumed is written into the requirements, whose tests then prove that very
 * answer: it is told as a remark. An approval that nobody gave is one too: it judges nothing that a check does.
 */
export const isRisky = ({ kind, category, priority }: RunRecord['questions'][number]): boolean =>
  kind === 'question' && (category === 'risk' || (category === 'assumption' && priority === 'high'))

const listUndecided = ({ questions }: RunRecord): Gap[] =>
  questions.flatMap((question): Gap[] => {
    const at = { phase: question.phase, rubric: null, source: `#question-${question.id}` }
    if (question.status === 'open')
      return [
        {
          kind: 'open',
          text: `The question "${question.text}" was still open.`,
          reason: question.decisionImpact,
          ...at,
        },
      ]
    if (question.status !== 'assumed' || !isRisky(question)) return []
    const text = `Nobody answered a question of risk, so its default was taken: "${question.text}" – "${question.answer ?? question.defaultAnswer}"`
    return [{ kind: 'assumed', text, reason: question.decisionImpact, ...at }]
  })

/** The scans that must be of the accepted code, by the document that security made of them. */
const SCANS = { secrets: 'SecretsScanReport', sast: 'SastReport' } as const
const ScanDocument = z.looseObject({ revision: z.string().nullable(), outcome: z.string() })

/** Which scanner a check ran, by the playbook's own words. */
const findScanner = (use: GuardUse | undefined): unknown =>
  use?.guard === 'scan' ? use.settings['scanner'] : use?.guard === 'secrets' ? 'secrets' : undefined

/** The scanners that ran on the accepted code for a gate that stands. */
export const listFinalScans = (
  record: RunRecord,
): { readonly scanner: string; readonly kept: KeptReport }[] => {
  const { view, reports } = record
  const commit = view.run.acceptedCommit
  const standing = new Set(listStanding(record).map(({ pack }) => pack.id))
  return reports
    .filter(({ packId, report }) => standing.has(packId) && commit !== null && report.revision === commit)
    .flatMap((kept) => {
      const uses = view.plan.phases.find(({ phase }) => phase === kept.phase)?.definition.guards ?? []
      const scanner = findScanner(
        uses.find(({ guard, rubric }) => guard === kept.report.guard && rubric === kept.report.rubric),
      )
      return typeof scanner === 'string' && kept.report.outcome === 'pass' ? [{ scanner, kept }] : []
    })
}

/** Security looks at the build; what was changed after it must have been scanned again. */
const listStaleScans = (record: RunRecord): Gap[] => {
  const commit = record.view.run.acceptedCommit
  const final = new Set(listFinalScans(record).map(({ scanner }) => scanner))
  return Object.entries(SCANS).flatMap(([scanner, name]): Gap[] => {
    const found = findContent(record, name, ScanDocument)
    const revision = found?.value.revision ?? null
    if (found === undefined || commit === null || revision === null) return []
    if (revision === commit || final.has(scanner)) return []
    return [
      {
        kind: 'stale-scan',
        text: `${scanner}: the accepted code (${commit.slice(0, 7)}) was not scanned; the newest scan is of ${revision.slice(0, 7)}`,
        reason: 'The code was changed after security had looked, and no later phase repeated the scan.',
        phase: found.artifact.phase,
        rubric: null,
        source: '#security',
      },
    ]
  })
}

/** What weakens the verdict of every requirement, each with its reason and where it comes from. */
export const listGaps = (record: RunRecord): Gap[] => {
  const packs = new Set(listStanding(record).map(({ pack }) => pack.id))
  const standing = record.reports.filter(({ packId }) => packs.has(packId))
  const gaps = [
    ...listNotRun(standing),
    ...listUnchecked(record),
    ...listWaived(record),
    ...listUnconfined(standing),
    ...listUndecided(record),
    ...listStaleScans(record),
  ]
  return [...new Map(gaps.map((gap) => [gap.text, gap])).values()]
}
