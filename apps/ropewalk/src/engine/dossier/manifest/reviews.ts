import type { Artifact } from '@ropewalk/core/contract/artifact'
import { Review } from '@ropewalk/core/contract/documents/review'
import { DOCUMENTS } from '@ropewalk/core/contract/documents'
import type { ReviewRecord } from '@ropewalk/core/dossier/manifest'
import type { DossierData } from '../collect-dossier.ts'
import { getDocumentPath } from '../paths.ts'
import { getNewest } from '../run-record.ts'

const REVIEWS: ReadonlySet<string> = new Set(
  Object.entries(DOCUMENTS).flatMap(([name, contract]) => (contract === Review ? [name] : [])),
)

const INDEPENDENCE = ['none', 'identity', 'model'] as const

/** How far apart author and reviewer are: by the check of the gate that judged this review. */
const findIndependence = (data: DossierData, review: Artifact): ReviewRecord['independence'] => {
  const kept = data.reports.find(
    ({ report }) => report.guard === 'review' && report.inputDigests.includes(review.digest),
  )
  return INDEPENDENCE[kept?.report.metrics['independence'] ?? -1] ?? 'unknown'
}

/** Every review: who judged whose work, which version of it, and how independent they are. */
export const makeReviews = (data: DossierData): ReviewRecord[] => {
  const newest = getNewest(data.artifacts)
  return data.artifacts.flatMap((artifact) => {
    if (!REVIEWS.has(artifact.name)) return []
    const parsed = Review.safeParse(data.contents.get(artifact.id))
    if (!parsed.success) return []
    const task = data.tasks.find(({ id }) => id === artifact.lineage.taskId)
    const subject = data.artifacts.find(
      ({ id, name }) => name === parsed.data.artifact && artifact.lineage.inputArtifactIds.includes(id),
    )
    const isLast = newest.get(artifact.name) === artifact
    const { maker } = artifact.lineage
    return [
      {
        phase: artifact.phase,
        artifact: parsed.data.artifact,
        version: subject?.version ?? 0,
        reviewer: maker.name,
        reviewerModel: maker.version,
        authors: [...(task?.spec.review?.makers ?? (subject ? [subject.lineage.maker.name] : []))],
        authorModel: subject?.lineage.maker.version ?? 'unknown',
        independence: findIndependence(data, artifact),
        verdict: parsed.data.verdict,
        summary: parsed.data.summary,
        findings: parsed.data.findings.map(({ severity, text, cites }) => ({
          severity,
          text,
          cites: [...cites],
        })),
        document: getDocumentPath(artifact, 'html', isLast ? undefined : artifact.version),
        isLast,
      },
    ]
  })
}
