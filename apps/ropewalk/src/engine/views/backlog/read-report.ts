import type { ReportView } from '@ropewalk/core/contract/api/projects'
import { RopewalkError } from '@ropewalk/core/errors'
import type { ProjectId, WorkspaceId } from '@ropewalk/core/ids'
import type { Blobs } from '../../../store/blobs.ts'
import type { Store } from '../../../store/open.ts'
import { ReportFile } from '../../backlog/report-file.ts'
import { readProject } from './list-projects.ts'

/** The final report of a project. Throws NOT_FOUND, and CONFLICT while there is none. */
export const readReport = async (
  store: Store,
  blobs: Blobs,
  of: { readonly workspaceId: WorkspaceId; readonly projectId: ProjectId },
): Promise<ReportView> => {
  const { project } = await readProject(store, of)
  const { reportDigest: digest, endedAt } = project
  if (digest === null)
    throw new RopewalkError('CONFLICT', `There is no report yet: the project is ${project.status}.`, {
      details: { status: project.status, leaves: project.leaves },
    })
  const bytes = await blobs.read(of.workspaceId, digest)
  const { totals, body, markdown } = ReportFile.parse(JSON.parse(bytes.toString('utf8')))
  return {
    projectId: of.projectId,
    digest,
    totals,
    publishedAt: endedAt ?? project.createdAt,
    body,
    markdown,
  }
}
