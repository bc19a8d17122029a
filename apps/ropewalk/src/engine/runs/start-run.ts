import { digestOf, sha256 } from '@ropewalk/core/canonical'
import type { RunRequest } from '@ropewalk/core/contract/run-request'
import { RunId, type WorkspaceId } from '@ropewalk/core/ids'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import type { PastUse } from './estimate.ts'
import { keepDocument } from './keep-document.ts'
import { makeId } from './make-id.ts'
import { planRun, type PlanSources } from './plan-run.ts'
import { keepRepository, takeRepository, type RepoPlaces } from './take-repository.ts'

const getTitle = (request: RunRequest): string => {
  const line = (request.title?.trim() || request.idea.trim()).split(/\r?\n/u)[0] ?? ''
  return line.length <= 100 ? line : `${line.slice(0, 99).trimEnd().toWellFormed()}…`
}

/** What a plan for these models may learn from; nothing where none of them would be called. */
export const listUseFor = async (
  engine: Pick<Engine, 'listPastUse'>,
  workspaceId: WorkspaceId,
  models: readonly string[],
): Promise<readonly PastUse[]> =>
  models[0] === undefined || models[0] === 'offline' ? [] : engine.listPastUse(workspaceId)

/**
 * Plans and starts a run, on the code of a repository where the request names one. Answers `{ runId, version }`.
 * Durable when it returns; safe to repeat with an idempotency key. Throws BUDGET_EXCEEDED when the workspace
 * cannot grant the cap, and what `takeRepository` throws.
 */
export const startRun = async (
  engine: Engine,
  sources: PlanSources & { readonly config: RepoPlaces },
  workspaceId: WorkspaceId,
  request: RunRequest,
  options: SubmitOptions,
): Promise<Answer> => {
  const taken =
    request.repo === undefined
      ? undefined
      : await takeRepository(engine, sources.config, workspaceId, request.repo)
  const past = await listUseFor(engine, workspaceId, sources.config.models)
  const plan = planRun({ ...sources, past }, request, taken?.repo ?? null)
  const given = taken === undefined ? [] : await keepRepository(engine, workspaceId, taken)
  const idea = await keepDocument(engine, workspaceId, 'Idea', { text: plan.idea })
  return engine.submit(
    {
      type: 'StartRun',
      workspaceId,
      runId: RunId.parse(makeId()),
      title: getTitle(request),
      plan,
      planHash: digestOf(plan),
      idea,
      given,
      forkOf: null,
      hold: request.hold ?? false,
    },
    options,
  )
}

/** The digest that an idempotency row keeps of a request body. */
export const getBodyDigest = (body: unknown): string => (body === undefined ? sha256('') : digestOf(body))
