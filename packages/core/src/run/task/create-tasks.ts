import { digestOf } from '../../canonical.ts'
import type { AgentDefinition, AgentKind } from '../../contract/playbook.ts'
import { TaskId } from '../../ids.ts'
import type { TaskSpec } from '../../contract/task-spec.ts'
import { clipList, getJsonBytes } from '../../clip.ts'
import { makeId } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getTimeLeftMs } from '../phase/clock.ts'
import { findNewest, IDEA, listNames, resolveInputs } from '../phase/inputs.ts'
import { findAgent, getAgent, getAllNeeds, getDefinition } from '../plan/find-in-plan.ts'
import type { FixRequest, Phase, Task } from '../state.ts'

/** Bounds the product of all retries of one task (architecture, section 3). */
const MAX_MODEL_CALLS = 12

/** Bytes that inputs, guard and fix of a spec share; with its other fields it stays inside one ledger entry. */
const SPEC_BYTES = 6200

type Work = Pick<TaskSpec, 'kind' | 'target' | 'capability' | 'output' | 'guard' | 'fix' | 'review'> & {
  readonly inputs: readonly string[]
  readonly stage: number
  /** Place within the stage: tells two alike tasks of one stage apart. */
  readonly place: number
}

const isAgentKind = (kind: AgentKind): boolean => kind !== 'tool' && kind !== 'guard'

/**
 * The phases whose outputs a task of `name` sees: its own and those before it. What a phase beside it hands in
 * comes at any moment, so that the same run would judge another thing each time. Coders alone see all: they go
 * on from the newest code, whoever wrote it.
 */
const getVisiblePhases = (draft: Draft, name: string, kind: AgentKind): ReadonlySet<string> | undefined =>
  kind === 'coder' ? undefined : new Set([name, ...getAllNeeds(expectPlan(draft.state), name)])

const createTask = (draft: Draft, name: string, work: Work): void => {
  const run = expectRun(draft.state)
  const phase = expectPhase(draft.state, name)
  const { retry, budgets } = getDefinition(expectPlan(draft.state), name)
  const { kind, target, capability, output, guard, fix, stage, review } = work
  const input = resolveInputs(draft.state, {
    names: work.inputs,
    maxBytes: SPEC_BYTES - getJsonBytes([guard, fix, review ?? null]),
    within: getVisiblePhases(draft, name, kind),
  })
  const isAgent = isAgentKind(kind)
  const spec: TaskSpec = {
    id: TaskId.parse(makeId(draft)),
    runId: run.id,
    phase: name,
    round: phase.round,
    type: isAgent ? 'agent' : 'tool',
    kind,
    target,
    capability,
    input,
    output,
    guard,
    fix,
    ...(phase.strategy === null ? {} : { strategy: phase.strategy }),
    ...(review === undefined ? {} : { review }),
    budget: { ms: getTimeLeftMs(draft, phase), tokens: budgets.tokens },
    retries: retry.max_attempts - 1,
    retry_policy: {
      max_attempts: retry.max_attempts,
      base_delay_ms: retry.base_ms,
      max_delay_ms: retry.max_ms,
    },
    maxModelCalls: isAgent ? MAX_MODEL_CALLS : 0,
    egress_policy: isAgent ? 'model-only' : 'none',
    checkpointable: isAgent,
    idempotenceKey: digestOf({
      runId: run.id,
      phase: name,
      opening: phase.openings,
      round: phase.round,
      iteration: phase.iteration,
      stage,
      place: work.place,
      agent: target,
      output,
      guard,
      fix,
      inputs: input.map(({ digest }) => digest),
      playbookHash: run.playbookHash,
    }),
  }
  const status = run.status === 'paused' ? 'pending' : 'ready'
  addEvent(draft, 'task.created', { spec, stage, status, dueAt: draft.stamp.at })
}

/** What a fix needs to see: what its agents read, the artifact itself, and what was made together with it. */
const getFixInputs = (draft: Draft, phase: Phase, fixer: AgentDefinition, fix: FixRequest): string[] => {
  const plan = expectPlan(draft.state)
  const newest = findNewest(draft.state, fix.artifact)
  const maker = newest?.agent ?? null
  const producer =
    plan.agents.find((agent) => agent.phase === phase.phase && agent.output === fix.artifact) ??
    (newest && maker !== null ? findAgent(plan.agents, newest.phase, maker) : undefined)
  const beside = newest ? expectPhase(draft.state, newest.phase).outputs : {}
  const together = Object.keys(beside)
    .filter((name) => maker !== null && beside[name]?.agent === maker)
    .toSorted()
  return [fix.artifact, ...together, ...(producer?.inputs ?? []), ...fixer.inputs]
}

/** The fix that an entry of the stages is for: in a fix round the n-th place of the fix agent takes the n-th. */
const findFix = (draft: Draft, phase: Phase, stage: number, place: number): FixRequest | undefined => {
  const plan = expectPlan(draft.state)
  const { fix_agent: fixer } = getDefinition(plan, phase.phase)
  const name = phase.stages[stage]?.[place] ?? ''
  if (name !== fixer || phase.fixes.length === 0)
    return phase.fixes.find(({ artifact }) => artifact === getAgent(plan, phase.phase, name).output)
  const before = [...phase.stages.slice(0, stage).flat(), ...(phase.stages[stage] ?? []).slice(0, place)]
  return phase.fixes[before.filter((entry) => entry === fixer).length]
}

/** What says how the code is tested; a coder that changes code may have to change it. */
const MANIFEST = 'RepoManifest'

/** In a run on a repository, the document that an agent is to bring up to date: the ids in it stay. */
const getOlder = (draft: Draft, { kind, output }: AgentDefinition): string[] =>
  expectPlan(draft.state).repo !== null && kind !== 'tool' ? [output] : []

/**
 * What an agent reads: its inputs, what it is to mend, and for a coder the newest code, which it works on
 * whether it asked for it or not, with the manifest beside it.
 */
const getInputs = (draft: Draft, agent: AgentDefinition, fix: FixRequest | undefined): string[] => {
  const code = agent.kind === 'coder' ? findNewest(draft.state, agent.output) : undefined
  const own = code && code.commit !== null ? [agent.output] : getOlder(draft, agent)
  const manifest = own.length > 0 && agent.kind === 'coder' ? [MANIFEST] : []
  return [...own, ...agent.inputs, ...manifest, ...(fix ? [fix.artifact] : [])]
}

/** For the agent of an independent review: what it judges, and whom it must differ from. */
const getReviewOf = (draft: Draft, name: string, { agent }: AgentDefinition): TaskSpec['review'] => {
  const { review } = getDefinition(expectPlan(draft.state), name).gate
  if (review?.agent !== agent) return undefined
  const newest = findNewest(draft.state, review.artifact)
  if (!newest) return undefined
  const makers = clipList(newest.makers, { count: 20, maxChars: 120, maxBytes: 1500 })
  return { artifact: review.artifact, artifactId: newest.artifactId, makers }
}

/** Makes the task at one place of a stage. */
const createStageTask = (draft: Draft, name: string, stage: number, place: number): void => {
  const plan = expectPlan(draft.state)
  const phase = expectPhase(draft.state, name)
  const { fix_agent: fixer } = getDefinition(plan, name)
  const entry = phase.stages[stage]?.[place] ?? ''
  const agent = getAgent(plan, name, entry)
  const fix = findFix(draft, phase, stage, place)
  const mends = fix !== undefined && entry === fixer
  createTask(draft, name, {
    kind: agent.kind,
    target: agent.agent,
    capability: agent.capability,
    output: mends ? fix.artifact : agent.output,
    guard: null,
    fix: fix ? { artifact: fix.artifact, reasons: [...fix.reasons] } : null,
    inputs: mends ? getFixInputs(draft, phase, agent, fix) : getInputs(draft, agent, fix),
    review: getReviewOf(draft, name, agent),
    stage,
    place,
  })
}

/** Makes the tasks of one stage of a phase. */
export const createStageTasks = (draft: Draft, name: string, stage: number): void => {
  const { length } = expectPhase(draft.state, name).stages[stage] ?? []
  for (let place = 0; place < length; place += 1) createStageTask(draft, name, stage, place)
}

/** Makes a task of the present stage again, with the newest of what it reads. */
export const createTaskAgain = (draft: Draft, { phase: name, stage, agent, spec }: Task): void => {
  const { stages } = expectPhase(draft.state, name)
  const entries = stages[stage] ?? []
  const isSame = (place: number): boolean => {
    const fix = findFix(draft, expectPhase(draft.state, name), stage, place)
    return entries[place] === agent && (fix?.artifact ?? null) === (spec.fix?.artifact ?? null)
  }
  const place = [...entries.keys()].find(isSame)
  if (place !== undefined) createStageTask(draft, name, stage, place)
}

/** Makes one task per guard of a phase. Each gets what it judges and everything a claim may cite. */
export const createGuardTasks = (draft: Draft, name: string): void => {
  const { guards } = getDefinition(expectPlan(draft.state), name)
  const stage = expectPhase(draft.state, name).stages.length
  for (const [place, use] of guards.entries()) {
    createTask(draft, name, {
      kind: 'guard',
      target: use.guard,
      capability: 'guard',
      output: null,
      guard: use,
      fix: null,
      inputs: [...use.artifacts, IDEA, ...listNames(draft.state)],
      review: undefined,
      stage,
      place,
    })
  }
}
