import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { findUnresolved } from '../text/citations.ts'
import { fact, judgeChecks, limit, share, show, type Check } from './checks.ts'

/** Smallest score by row DX-P06. */
const Settings = z.strictObject({
  min: z.number().min(0).max(1).default(0.75),
  /** Capacity over expected load that counts in full. */
  full_headroom: z.number().min(1).default(2),
  /** How long the disks must hold what grows. */
  months_of_growth: z.number().min(0).default(12),
  /** How far the stated score may be above ours. */
  tolerance: z.number().min(0).max(1).default(0.15),
})

type Scalability = DocumentOf<'ArchitectureDoc'>['scalability']

/**
 * Our own score: half for the headroom of capacity over load, a quarter for measures that cite what exists (two
 * count in full), a quarter for disks that hold the growth; without a plan of the disks the rest counts alone.
 */
export const getScalabilityScore = (facts: {
  readonly headroom: number
  readonly fullHeadroom: number
  readonly measures: number
  readonly diskShare: number | null
}): number => {
  const headroom = Math.min(1, facts.headroom / facts.fullHeadroom)
  const measures = Math.min(1, facts.measures / 2)
  if (facts.diskShare === null) return (2 * headroom + measures) / 3
  return (2 * headroom + measures + Math.min(1, facts.diskShare)) / 4
}

const getDiskShare = (
  { data_growth_mb_per_month: growth }: Scalability,
  infrastructure: DocumentOf<'InfrastructureSpec'> | undefined,
  months: number,
): number | null => {
  const disks = (infrastructure?.resources ?? []).flatMap(({ disk_mb: size }) => size ?? [])
  if (disks.length === 0) return null
  const needed = growth * months
  return needed === 0 ? 1 : disks.reduce((sum, size) => sum + size, 0) / needed
}

const RATE = /req|rps|call|quer|transaction/iu

/** Loads that the nonfunctional requirements promise to bear, in units of requests a second. */
const checkTargets = (capacity: number, nfrs: DocumentOf<'NFRs'> | undefined): Check[] =>
  (nfrs?.requirements ?? []).flatMap(({ id, operator, target, unit, category }) => {
    const isRate = /(?:\/|per )\s*s(?:ec(?:ond)?)?\b|rps\b/iu.test(unit) && RATE.test(unit)
    if (!isRate || operator !== 'at-least' || (category !== 'capacity' && category !== 'performance'))
      return []
    return [
      limit(
        capacity >= target,
        `ArchitectureDoc#/scalability/capacity_requests_per_second is ${show(capacity)}, but ${id} asks for at least ${show(target)} ${unit}.`,
      ),
    ]
  })

/** The planned capacity bears the expected load; the score is computed from the plain numbers. */
export const guard = makeGuard({
  name: 'scalability',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const found = findDocument(input, 'ArchitectureDoc')?.scalability
    if (found === undefined) return lacks('ArchitectureDoc')
    const at = 'ArchitectureDoc#/scalability'
    const cites = [...found.cites, ...found.measures.flatMap((measure) => measure.cites)]
    const lost = await findUnresolved(input, cites)
    const headroom = found.capacity_requests_per_second / found.expected_requests_per_second
    const diskShare = getDiskShare(
      found,
      findDocument(input, 'InfrastructureSpec'),
      settings.months_of_growth,
    )
    const measures = found.measures.filter((measure) =>
      measure.cites.every((citation) => !lost.has(citation)),
    )
    const score = getScalabilityScore({
      headroom,
      fullHeadroom: settings.full_headroom,
      measures: measures.length,
      diskShare,
    })
    const checks = [
      ...[...lost].map((citation) => fact(false, `${at} cites ${citation}, which does not exist.`)),
      fact(
        found.score <= score + settings.tolerance,
        `${at}/score says ${show(found.score)}, but its own numbers give ${show(score)}.`,
      ),
      limit(
        headroom >= 1,
        `${at}/capacity_requests_per_second is ${show(found.capacity_requests_per_second)}, less than the ${show(found.expected_requests_per_second)} expected.`,
      ),
      ...checkTargets(found.capacity_requests_per_second, findDocument(input, 'NFRs')),
      limit(
        score + 1e-9 >= settings.min,
        `${at} scores ${show(score)}, expected ${show(settings.min)}: headroom ${show(headroom)} of ${show(settings.full_headroom)}, ${measures.length} measures of 2${diskShare === null ? '' : `, disks for ${show(diskShare)} of ${show(settings.months_of_growth)} months of growth`}.`,
      ),
      share(
        diskShare === null || diskShare >= 1,
        `InfrastructureSpec#/resources have disks for ${show(diskShare ?? 1)} of what ${show(settings.months_of_growth)} months of growth need.`,
      ),
    ]
    const judgement = judgeChecks(checks, 0, { scalability: score, headroom })
    return judgement.outcome === 'pass' ? { ...judgement, score } : judgement
  },
})
