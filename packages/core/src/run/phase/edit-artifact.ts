import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { answered, type Draft, getActor, type Outcome } from '../draft.ts'
import { markReady, openGate } from '../gate/open-gate.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getAgent, getPhasePlan } from '../plan/find-in-plan.ts'
import { createArtifact } from '../task/make-artifact.ts'
import { isUnderWay } from './advance-phase.ts'
import { findNewest } from './inputs.ts'
import { reopenDependents, reopenPhase } from './reopen-phase.ts'

type Command = RunCommandOf<'EditArtifact'>

const findRefusal = (draft: Draft, { phase }: Command): Refused | undefined => {
  const { status, closed } = expectRun(draft.state)
  if (closed || status === 'succeeded' || status === 'cancelled')
    return refuse('RUN_ALREADY_FINISHED', `The run is ${status}; fork it to go on with another artifact.`, {
      status,
    })
  return draft.state.phases.has(phase)
    ? undefined
    : refuse('NOT_FOUND', `The run has no phase ${phase}.`, { phase })
}

/** Whether every agent of a phase has handed in, so that its gate can judge without them. */
const hasAllOutputs = (draft: Draft, name: string): boolean => {
  const plan = expectPlan(draft.state)
  const { outputs } = expectPhase(draft.state, name)
  const { agents } = getPhasePlan(plan, name).definition
  return agents.every((agent) => Object.hasOwn(outputs, getAgent(plan, name, agent).output))
}

/** Judges the owner of an edited artifact anew, at once or when the run goes on; its agents do not run again. */
const judgeAnew = (draft: Draft, owner: string, reason: string): void => {
  reopenPhase(draft, owner, reason)
  reopenDependents(draft, owner, reason)
  if (!hasAllOutputs(draft, owner)) return
  if (isUnderWay(draft)) openGate(draft, owner)
  else markReady(draft, owner)
}

/**
 * Puts a person's version in place. Where the phase that owns the name was judged already, or waits to be,
 * its gate re-opens, and with it everything built upon it.
 */
export const editArtifact = (draft: Draft, command: Command): Outcome => {
  const refusal = findRefusal(draft, command)
  if (refusal) return refusal
  const { output } = command
  const before = findNewest(draft.state, output.name)
  const owner = before?.phase ?? command.phase
  createArtifact(draft, output, {
    phase: owner,
    maker: { kind: 'person', name: getActor(draft), version: '1' },
    taskId: null,
    attempt: 0,
    inputArtifactIds: before ? [before.artifactId] : [],
    tokens: 0,
    minutes: 0,
  })
  const { status } = expectPhase(draft.state, owner)
  const isBuiltUpon = status === 'passed' || status === 'gating' || status === 'failed'
  if (isBuiltUpon) judgeAnew(draft, owner, `${output.name} was edited by ${getActor(draft)}.`)
  const made = findNewest(draft.state, output.name)
  return answered({ artifactId: output.id, version: made?.version ?? 1, reopened: isBuiltUpon })
}
