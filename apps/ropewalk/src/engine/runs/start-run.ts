import { digestOf, sha256 } from '@ropewalk/core/canonical'
import type { Artifact, Output } from '@ropewalk/core/contract/artifact'
import type { EditRequest, ForkRequest, RunRequest } from '@ropewalk/core/contract/run-request'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, RunId, type WorkspaceId } from '@ropewalk/core/ids'
import { getPhaseOrder } from '@ropewalk/core/run/plan/make-run-plan'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import type { PastUse } from './estimate.ts'
import { keepDocument } from './keep-document.ts'
import { makeId } from './make-id.ts'
import { planRun, type PlanSources } from './plan-run.ts'
import { keepRepository, takeRepository, type RepoPlaces } from './take-repository.ts'

const getTitle = (request: RunRequest): string => {
  const line = (request.title ?? request.idea).trim().split(/\r?\n/u)[0] ?? ''
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

/** What another run had from its repository, for one that begins with the first phase again. */
const listGiven = async (engine: Engine, workspaceId: WorkspaceId, source: RunId): Promise<Output[]> => {
  const given: Output[] = []
  const isGiven = ({ lineage: { maker } }: Artifact) => maker.kind === 'engine' && maker.name === 'repository'
  // They were made with the run, so that they stand on its first page.
  const { items } = await engine.listArtifacts(workspaceId, source, { limit: 200 })
  for (const { name, digest, mediaType, bytes, commit, simulated } of items.filter(isGiven))
    given.push({ id: ArtifactId.parse(makeId()), name, digest, mediaType, bytes, commit, simulated })
  return given
}

/**
 * Starts a new run under the plan of another one from `phase` on; what the phases before it handed in is
 * taken over, with `edits` in place of documents. The other run is not changed.
 */
export const forkRun = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  source: RunId,
  request: ForkRequest,
  options: SubmitOptions,
): Promise<Answer> => {
  const view = await engine.readRun(workspaceId, source)
  const order = getPhaseOrder(view.plan)
  const at = order.indexOf(request.phase)
  if (at < 0) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `The run has no phase ${request.phase}; it has ${order.join(', ')}.`,
    )
  }
  const before = new Set(order.slice(0, at))
  const outputs: Record<string, Output[]> = {}
  const unused = new Set(Object.keys(request.edits))
  for (const phase of view.phases.filter((candidate) => before.has(candidate.phase))) {
    if (phase.status !== 'passed') {
      throw new RopewalkError(
        'CONFLICT',
        `Phase ${phase.phase} of that run is ${phase.status}, not passed; fork from ${phase.phase} or earlier.`,
      )
    }
    const kept: Output[] = []
    for (const [name, output] of Object.entries(phase.outputs)) {
      unused.delete(name)
      const edit = request.edits[name]
      if (edit !== undefined) {
        kept.push(await keepDocument(engine, workspaceId, name, edit))
        continue
      }
      const { mediaType, bytes } = await engine.readArtifact(workspaceId, output.artifactId)
      const { digest, commit, simulated } = output
      kept.push({ id: ArtifactId.parse(makeId()), name, digest, mediaType, bytes, commit, simulated })
    }
    outputs[phase.phase] = kept
  }
  if (unused.size > 0) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `No phase before ${request.phase} handed in ${[...unused].join(', ')}.`,
    )
  }
  const capMicros =
    request.budgetUsd === undefined ? view.plan.budgets.capMicros : Math.round(request.budgetUsd * 1_000_000)
  const plan = { ...view.plan, budgets: { ...view.plan.budgets, capMicros } }
  return engine.submit(
    {
      type: 'StartRun',
      workspaceId,
      runId: RunId.parse(makeId()),
      title: view.run.title,
      plan,
      planHash: digestOf(plan),
      idea: await keepDocument(engine, workspaceId, 'Idea', { text: plan.idea }),
      given: at === 0 ? await listGiven(engine, workspaceId, source) : [],
      forkOf: { runId: source, phase: request.phase, outputs },
      hold: false,
    },
    options,
  )
}

/**
 * Puts a person's version of a document in place; gates that relied on the old one re-open.
 * Throws NOT_FOUND when the run never made it.
 */
export const editArtifact = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  runId: RunId,
  request: EditRequest,
  options: SubmitOptions,
): Promise<Answer> => {
  const view = await engine.readRun(workspaceId, runId)
  const owner = view.phases
    .filter((phase) => Object.hasOwn(phase.outputs, request.name))
    .toSorted((a, b) => (b.outputs[request.name]?.version ?? 0) - (a.outputs[request.name]?.version ?? 0))[0]
  if (owner === undefined) {
    const names = view.phases.flatMap((phase) => Object.keys(phase.outputs))
    throw new RopewalkError(
      'NOT_FOUND',
      `The run has no artifact ${request.name}; it has ${names.join(', ') || 'none yet'}.`,
    )
  }
  const output = await keepDocument(engine, workspaceId, request.name, request.content)
  return engine.submit({ type: 'EditArtifact', workspaceId, runId, phase: owner.phase, output }, options)
}

/** The digest that an idempotency row keeps of a request body. */
export const getBodyDigest = (body: unknown): string => (body === undefined ? sha256('') : digestOf(body))
