import { z } from 'zod'
import { DOCUMENTS } from '@ropewalk/core/contract/documents'
import { Review } from '@ropewalk/core/contract/documents/review'
import { getJson } from '../documents.ts'
import type { JudgedArtifact } from '../guard.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { findUnresolved } from '../text/citations.ts'
import { fact, judgeChecks, limit, type Check } from './checks.ts'

const Settings = z.strictObject({
  /** 1: the reviewer must be somebody else than the author; 2: it must also be another model. */
  min_independence: z.int().min(1).max(2).default(1),
  /** What must have been reviewed; without it, any judged artifact that is no review itself. */
  artifact: z.string().min(1).max(64).optional(),
})

type Maker = JudgedArtifact['artifact']['lineage']['maker']
type Subject = JudgedArtifact['artifact']

const REVIEWS: readonly string[] = Object.entries(DOCUMENTS).flatMap(([name, contract]) =>
  contract === Review ? [name] : [],
)

/** `offline-model` of `offline-model@1.0.0`: the version of an answer makes no other model. */
const getModel = ({ version }: Maker): string => version.split('@')[0] ?? version

/** 0: the author reviewed itself; 1: another identity of the same model; 2: another model, or a person. */
export const getIndependence = (author: Maker, reviewer: Maker): 0 | 1 | 2 => {
  if (author.kind === reviewer.kind && author.name === reviewer.name) return 0
  if (author.kind === 'person' || reviewer.kind === 'person') return 2
  return getModel(author) === getModel(reviewer) ? 1 : 2
}

const tell = ({ name, version }: Maker): string => `${name} (${version})`

/** The review must have been made from the very version under judgement, which its lineage tells and not its text. */
const checkSubject = (at: string, reviewed: JudgedArtifact, subject: Subject): Check =>
  fact(
    reviewed.artifact.lineage.inputArtifactIds.includes(subject.id),
    `${at} was not made from version ${subject.version} of ${subject.name} (digest ${subject.digest.slice(0, 12)}): it reviews an older one, or another thing.`,
  )

const checkIndependence = (at: string, author: Maker, reviewer: Maker, least: number): Check[] => {
  const independence = getIndependence(author, reviewer)
  return [
    fact(independence > 0, `${at} was written by ${tell(reviewer)}, who made what it judges.`),
    limit(
      independence === 0 || independence >= least,
      `${at} was written by ${tell(reviewer)}, the same model as the author ${tell(author)}; expected another model.`,
    ),
  ]
}

const checkVerdict = (at: string, review: Review, lost: ReadonlySet<string>): Check[] => [
  limit(review.verdict === 'accept', `${at}/verdict is reject: ${review.summary}`),
  ...review.findings.flatMap(({ severity, text, cites, requirement }, index) => [
    limit(
      severity !== 'critical' && severity !== 'high',
      `${at}/findings/${index} (${severity}${requirement === null ? '' : `, ${requirement}`}): ${text} See ${cites.join(', ')}.`,
    ),
    ...cites.map((citation) =>
      fact(!lost.has(citation), `${at}/findings/${index} cites ${citation}, which does not exist.`),
    ),
  ]),
]

/** Somebody else than the author looked at this very version and accepted it. */
export const guard = makeGuard({
  name: 'review',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const reviewed = input.judged.find(({ artifact }) => REVIEWS.includes(artifact.name))
    if (reviewed === undefined)
      return lacks(settings.artifact === undefined ? 'of a review' : `of a review of ${settings.artifact}`)
    const { name } = reviewed.artifact
    const parsed = Review.safeParse(getJson(reviewed))
    if (!parsed.success) {
      const reasons = parsed.error.issues.map(
        (issue) => `${name}#/${issue.path.map(String).join('/')}: ${issue.message}`,
      )
      return { outcome: 'fail', score: 0, reasons }
    }
    const review = parsed.data
    const at = `${name}#`
    const subjects = input.judged.filter(
      ({ artifact }) =>
        !REVIEWS.includes(artifact.name) && artifact.name === (settings.artifact ?? artifact.name),
    )
    const subject = subjects.find(({ artifact }) => artifact.name === review.artifact)?.artifact
    if (subject === undefined) {
      const wanted =
        subjects.map(({ artifact }) => artifact.name).join(' or ') ||
        (settings.artifact ?? 'a judged artifact')
      return {
        outcome: 'fail',
        score: 0,
        severity: 'critical',
        reasons: [`${at}/artifact is ${review.artifact}, expected ${wanted}.`],
      }
    }
    const lost = await findUnresolved(
      input,
      review.findings.flatMap(({ cites }) => cites),
    )
    const author = subject.lineage.maker
    const reviewer = reviewed.artifact.lineage.maker
    const checks = [
      checkSubject(at, reviewed, subject),
      ...checkIndependence(at, author, reviewer, settings.min_independence),
      ...checkVerdict(at, review, lost),
    ]
    return judgeChecks(checks, 1, {
      independence: getIndependence(author, reviewer),
      findings: review.findings.length,
    })
  },
})
