import { canonicalText, digestOf, sha256 } from '@ropewalk/core/canonical'
import type { Artifact, InheritedOutput, Output } from '@ropewalk/core/contract/artifact'
import { Idea } from '@ropewalk/core/contract/documents'
import type { Playbook } from '@ropewalk/core/contract/playbook'
import { NO_ESTIMATE, type RunPlan } from '@ropewalk/core/contract/run-plan'
import type { ForkRequest } from '@ropewalk/core/contract/run-request'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, RunId, type WorkspaceId } from '@ropewalk/core/ids'
import { findAgent, getAllNeeds, getDependents } from '@ropewalk/core/run/plan/find-in-plan'
import { getPhaseOrder, makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import type { Phase, PhaseOutput } from '@ropewalk/core/run/state'
import type { Answer, Engine, RunView, SubmitOptions } from '../contract.ts'
import { makeEstimate } from './estimate.ts'
import { keepDocument, parseDocument } from './keep-document.ts'
import { makeId } from './make-id.ts'
import { getToday } from './plan-run.ts'
import { listUseFor } from './start-run.ts'

const IDEA = 'Idea'

const refuse = (code: 'INVALID_ARGUMENT' | 'CONFLICT', message: string, details = {}): RopewalkError =>
  new RopewalkError(code, message, { details })

/** The parent's plan by another playbook. Throws PLAYBOOK_INVALID. */
const planAnew = (plan: RunPlan, playbook: Playbook): RunPlan =>
  makeRunPlan({
    playbook,
    playbookHash: sha256(canonicalText(playbook)),
    idea: plan.idea,
    repo: plan.repo,
    models: plan.models,
    capMicros: plan.budgets.capMicros,
    clarification: plan.policies.clarification,
    questionDeadlineMs: plan.policies.question_deadline_ms,
    unconfined: plan.policies.unconfined,
    estimate: NO_ESTIMATE,
  })

/** What the agents of a phase hand in by a plan, and the parent's phase has not. */
const listLacking = (plan: RunPlan, phase: Phase): string[] => {
  const definition = plan.phases.find((each) => each.phase === phase.phase)?.definition
  const made = (definition?.agents ?? []).map((name) => findAgent(plan.agents, phase.phase, name)?.output)
  return [...new Set(made)].filter(
    (name) => name !== undefined && !Object.hasOwn(phase.outputs, name),
  ) as string[]
}

const findNeedFault = (parent: RunView, plan: RunPlan, need: string): string | undefined => {
  const phase = parent.phases.find((each) => each.phase === need)
  if (phase === undefined) return `The other run has no phase ${need}, which this playbook asks for first.`
  if (phase.status !== 'passed')
    return `Phase ${need} of that run is ${phase.status}, not passed; fork from ${need} or earlier.`
  if (plan.playbook.hash === parent.plan.playbook.hash) return undefined
  const lacking = listLacking(plan, phase)
  return lacking.length === 0
    ? undefined
    : `Phase ${need} of that run has no ${lacking.join(', ')}, which this playbook asks of it; fork from ${need} or earlier.`
}

/**
 * The parent's phases that a fork at `at` takes over: all it needs, and what else comes before it, does not wait for
 * it and has passed. Throws INVALID_ARGUMENT for a phase that is not there, CONFLICT for a need that has not passed.
 */
const pickInherited = (parent: RunView, plan: RunPlan, at: string): Phase[] => {
  const order = getPhaseOrder(plan)
  const index = order.indexOf(at)
  if (index < 0)
    throw refuse('INVALID_ARGUMENT', `The run has no phase ${at}; it has ${order.join(', ')}.`, { phase: at })
  const needs = getAllNeeds(plan, at)
  for (const need of order.filter((name) => needs.has(name))) {
    const fault = findNeedFault(parent, plan, need)
    if (fault !== undefined) throw refuse('CONFLICT', fault, { phase: need })
  }
  const later = new Set(getDependents(plan, at))
  return order
    .slice(0, index)
    .filter((name) => !later.has(name) && findNeedFault(parent, plan, name) === undefined)
    .flatMap((name) => parent.phases.find(({ phase }) => phase === name) ?? [])
}

/** Throws INVALID_ARGUMENT for a document that breaks its contract, or that the fork would not take over. */
const checkEdits = (inherited: readonly Phase[], { phase: at, edits }: ForkRequest): void => {
  const names = new Set(inherited.flatMap(({ outputs }) => Object.keys(outputs)))
  for (const [name, content] of Object.entries(edits)) {
    parseDocument(name, content)
    if (name === IDEA && inherited.length > 0)
      throw refuse(
        'INVALID_ARGUMENT',
        'Everything rests on the idea; fork from the first phase to change it.',
      )
    if (name !== IDEA && !names.has(name))
      throw refuse(
        'INVALID_ARGUMENT',
        `No phase before ${at} handed in ${name}; there is ${[...names].join(', ') || 'nothing'}.`,
        {
          name,
        },
      )
  }
}

const takeOver = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  of: { readonly name: string; readonly output: PhaseOutput; readonly edit: unknown },
): Promise<InheritedOutput> => {
  const { name, output, edit } = of
  const { artifactId } = output
  if (edit !== undefined)
    return { ...(await keepDocument(engine, workspaceId, name, edit)), source: { artifactId, maker: null } }
  const { mediaType, bytes, lineage } = await engine.readArtifact(workspaceId, artifactId)
  const { digest, commit, simulated } = output
  const id = ArtifactId.parse(makeId())
  return {
    id,
    name,
    digest,
    mediaType,
    bytes,
    commit,
    simulated,
    source: { artifactId, maker: lineage.maker },
  }
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

/** Which models this process works with, which is what a new run's plan says. */
export type ForkSources = { readonly config: { readonly models: readonly string[] } }

const makeForkPlan = (
  of: { readonly base: RunPlan; readonly models: readonly string[]; readonly request: ForkRequest },
  estimateFacts: Omit<Parameters<typeof makeEstimate>[0], 'plan' | 'date'>,
): RunPlan => {
  const { base, models, request } = of
  const idea = request.edits[IDEA] === undefined ? base.idea : Idea.parse(request.edits[IDEA]).text.trim()
  const capMicros =
    request.budgetUsd === undefined ? base.budgets.capMicros : Math.round(request.budgetUsd * 1_000_000)
  const plan = { ...base, idea, models: [...models], budgets: { ...base.budgets, capMicros } }
  return { ...plan, estimate: makeEstimate({ ...estimateFacts, plan, date: getToday() }) }
}

/**
 * Starts a new run that takes over what another one had passed before `phase`, each with who made it there and
 * `edits` in place of documents, under the plan of the other run or by a playbook of its own. Its money is its own
 * too; the other run is not changed. All or nothing: the run is there with all it takes over, or not at all.
 * Throws INVALID_ARGUMENT, CONFLICT, PLAYBOOK_INVALID and BUDGET_EXCEEDED before anything is changed.
 */
export const forkRun = async (
  engine: Engine,
  { config }: ForkSources,
  of: { readonly workspaceId: WorkspaceId; readonly source: RunId; readonly request: ForkRequest },
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, source, request } = of
  const parent = await engine.readRun(workspaceId, source)
  const base = request.playbook === undefined ? parent.plan : planAnew(parent.plan, request.playbook)
  const inherited = pickInherited(parent, base, request.phase)
  checkEdits(inherited, request)
  const outputs: Record<string, InheritedOutput[]> = {}
  for (const phase of inherited) {
    const kept: InheritedOutput[] = []
    for (const [name, output] of Object.entries(phase.outputs))
      if (name !== IDEA)
        kept.push(await takeOver(engine, workspaceId, { name, output, edit: request.edits[name] }))
    outputs[phase.phase] = kept
  }
  const plan = makeForkPlan(
    { base, models: config.models, request },
    {
      past: await listUseFor(engine, workspaceId, config.models),
      inherited: new Set(inherited.map(({ phase }) => phase)),
    },
  )
  return engine.submit(
    {
      type: 'StartRun',
      workspaceId,
      runId: RunId.parse(makeId()),
      title: parent.run.title,
      plan,
      planHash: digestOf(plan),
      idea: await keepDocument(engine, workspaceId, IDEA, { text: plan.idea }),
      given: inherited.length === 0 ? await listGiven(engine, workspaceId, source) : [],
      forkOf: { runId: source, phase: request.phase, outputs },
      hold: false,
    },
    options,
  )
}
