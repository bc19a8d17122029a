import { makeFinalReport } from '@ropewalk/core/analysis/final-report'
import { renderFinalReport } from '@ropewalk/core/analysis/render-final-report'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { hasCode } from '@ropewalk/core/errors'
import { DeliverableId, type ProjectId, type WorkspaceId } from '@ropewalk/core/ids'
import { isTerminalProject } from '@ropewalk/core/project/state'
import type { Engine } from '../contract.ts'
import { makeId } from '../runs/make-id.ts'
import { listAll } from './list-all.ts'
import type { ReportFile } from './report-file.ts'

type ReportEngine = Pick<
  Engine,
  'blobs' | 'listAllQuestions' | 'listDeliverables' | 'listItems' | 'readProject' | 'submit'
>
type OfProject = { readonly workspaceId: WorkspaceId; readonly projectId: ProjectId }

const makeReport = async (
  engine: ReportEngine,
  { workspaceId, projectId }: OfProject,
): Promise<ReportFile> => {
  const { project } = await engine.readProject(workspaceId, projectId)
  const items = await listAll((page) => engine.listItems(workspaceId, { ...page, projectId }))
  const handedIn = await listAll((page) =>
    engine.listDeliverables(workspaceId, { ...page, projectId, status: 'current' }),
  )
  const asked = await listAll((page) => engine.listAllQuestions(workspaceId, { ...page, projectId }))
  const deliverables: { deliverable: (typeof handedIn)[number]; body: DeliverableBody }[] = []
  for (const deliverable of handedIn) {
    const bytes = await engine.blobs.read(workspaceId, deliverable.digest)
    deliverables.push({ deliverable, body: DeliverableBody.parse(JSON.parse(bytes.toString('utf8'))) })
  }
  const questions = asked.flatMap((one) => (one.owner === 'project' ? [one.question] : []))
  const { body, totals } = makeFinalReport({ project, items, deliverables, questions })
  return { totals: { ...totals }, body, markdown: renderFinalReport(body) }
}

/**
 * Makes the final report of a project whose items have all ended, keeps it and publishes it. Safe to repeat: a
 * project that has its report, or whose items go on again, is left alone. Throws NOT_FOUND.
 */
export const publishReport = async (engine: ReportEngine, of: OfProject): Promise<void> => {
  const { project } = await engine.readProject(of.workspaceId, of.projectId)
  if (isTerminalProject(project.status)) return
  const report = await makeReport(engine, of)
  const bytes = Buffer.from(`${JSON.stringify(report, null, 2)}\n`)
  const digest = await engine.blobs.put(of.workspaceId, bytes)
  try {
    await engine.submit(
      {
        type: 'PublishReport',
        ...of,
        deliverableId: DeliverableId.parse(makeId()),
        digest,
        bytes: bytes.length,
        totals: report.totals,
      },
      { by: { kind: 'engine', id: 'report' } },
    )
  } catch (error) {
    // Somebody else published it, or an item was taken up again: then another effect follows.
    if (!hasCode(error, 'CONFLICT')) throw error
  }
}
