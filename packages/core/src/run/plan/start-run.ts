import { type Refused, refuse } from '../../decision.ts'
import type { InheritedOutput } from '../../contract/artifact.ts'
import type { RunPlan } from '../../contract/run-plan.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import type { RunCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectRun } from '../patch.ts'
import { IDEA } from '../phase/inputs.ts'
import { startReadyPhases } from '../phase/start-phase.ts'
import { byHand, createArtifact, type Making } from '../task/make-artifact.ts'
import { findPlanFault } from './find-plan-fault.ts'
import { getDependents, getNeededPhases } from './find-in-plan.ts'
import { getPhaseOrder } from './get-phase-order.ts'

type Command = RunCommandOf<'StartRun'>
type Fork = NonNullable<Command['forkOf']>

/** Phases that a fork takes over: handed over by the caller, and not after the phase it begins at. */
const listInherited = (plan: RunPlan, fork: Fork): string[] => {
  const later = new Set([fork.phase, ...getDependents(plan, fork.phase)])
  const inherited = new Set<string>()
  for (const phase of getPhaseOrder(plan)) {
    const hasNeeds = getNeededPhases(plan, phase).every((need) => inherited.has(need))
    if (hasNeeds && !later.has(phase) && Object.hasOwn(fork.outputs, phase)) inherited.add(phase)
  }
  return [...inherited]
}

const findForkFault = (plan: RunPlan, fork: Fork): Refused | undefined => {
  if (!plan.phases.some(({ phase }) => phase === fork.phase))
    return refuse('INVALID_ARGUMENT', `The plan has no phase ${fork.phase} to fork from.`, {
      phase: fork.phase,
    })
  const inherited = listInherited(plan, fork)
  const missing = getNeededPhases(plan, fork.phase).filter((need) => !inherited.includes(need))
  return missing.length === 0
    ? undefined
    : refuse(
        'INVALID_ARGUMENT',
        `A fork at ${fork.phase} needs what these handed in: ${missing.join(', ')}.`,
        {
          missing,
        },
      )
}

/** Who made it stays who made it; what was changed for this fork was made by whoever forks, for this run. */
const getInheritedMaking = (
  draft: Draft,
  phase: string,
  { fork, source }: { readonly fork: Fork; readonly source: InheritedOutput['source'] },
): Making => {
  if (source === undefined) return byHand(phase, { kind: 'engine', name: 'fork', version: fork.runId })
  const person = { kind: 'person', name: getActor(draft), version: expectRun(draft.state).id } as const
  return { ...byHand(phase, source.maker ?? person), inputArtifactIds: [source.artifactId] }
}

const inheritPhases = (draft: Draft, plan: RunPlan, fork: Fork): void => {
  for (const phase of listInherited(plan, fork)) {
    for (const { source, ...output } of fork.outputs[phase] ?? [])
      if (output.name !== IDEA)
        createArtifact(draft, output, getInheritedMaking(draft, phase, { fork, source }))
    addEvent(draft, 'phase.inherited', { phase, from: fork.runId })
    const { commit } = expectPhase(draft.state, phase)
    if (commit !== null) addEvent(draft, 'code.accepted', { phase, commit })
  }
}

/** What the run starts from besides its idea; the code among it is where the first commit is made upon. */
const takeGiven = (draft: Draft, { given = [], plan }: Command): void => {
  const phase = getPhaseOrder(plan)[0] ?? ''
  for (const output of given) {
    createArtifact(draft, output, byHand(phase, { kind: 'engine', name: 'repository', version: '1' }))
    if (output.commit !== null) addEvent(draft, 'code.accepted', { phase, commit: output.commit })
  }
}

const findRefusal = (
  draft: Draft,
  command: Command,
  workspace: Workspace | undefined,
): Refused | undefined => {
  const { plan, forkOf, runId, workspaceId } = command
  if (draft.state.run) return refuse('CONFLICT', `The run ${runId} exists already.`, { runId })
  if (!workspace) return refuse('NOT_FOUND', `There is no workspace ${workspaceId}.`, { workspaceId })
  const fault = findPlanFault(plan)
  if (fault) return refuse('PLAYBOOK_INVALID', fault.message, fault.details)
  const left = workspace.capMicros - workspace.grantedMicros
  const { capMicros } = plan.budgets
  if (left < capMicros)
    return refuse('BUDGET_EXCEEDED', 'The workspace has less money left than the run asks for.', {
      unit: 'usd',
      leftMicros: Math.max(0, left),
      askedMicros: capMicros,
    })
  return forkOf ? findForkFault(plan, forkOf) : undefined
}

/** Begins a run: its money, its idea, what it inherits, its first phases (unless it is held for approval). */
export const startRun = (draft: Draft, command: Command, workspace: Workspace | undefined): Outcome => {
  const refusal = findRefusal(draft, command, workspace)
  if (refusal) return refusal
  const { plan, forkOf, idea } = command
  const phases = getPhaseOrder(plan)
  draft.state = { ...draft.state, plan }
  addEvent(draft, 'run.planned', {
    runId: command.runId,
    workspaceId: command.workspaceId,
    title: command.title,
    planHash: command.planHash,
    playbookHash: plan.playbook.hash,
    mode: plan.policies.clarification,
    capMicros: plan.budgets.capMicros,
    forkOf: forkOf?.runId ?? null,
    phases,
  })
  const maker = {
    kind: 'person',
    name: draft.stamp.by.id.slice(0, 120).toWellFormed(),
    version: '1',
  } as const
  createArtifact(draft, { ...idea, name: IDEA, commit: null }, byHand(phases[0] ?? '', maker))
  takeGiven(draft, command)
  if (forkOf) inheritPhases(draft, plan, forkOf)
  if (!command.hold) {
    addEvent(draft, 'run.started', {})
    startReadyPhases(draft)
  }
  return answered({ runId: command.runId, status: expectRun(draft.state).status })
}
