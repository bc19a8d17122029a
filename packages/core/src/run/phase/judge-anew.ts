import type { Draft } from '../draft.ts'
import { findConsumers, getOutputs, type Scene } from '../gate/blame.ts'
import { markReady, openGate } from '../gate/open-gate.ts'
import { expectPhase, expectPlan } from '../patch.ts'
import { getPhasePlan } from '../plan/find-in-plan.ts'
import { isUnderWay } from './advance-phase.ts'
import { listMade, reopenPhase, reopenReaders } from './reopen-phase.ts'
import { startReadyPhases } from './start-phase.ts'

const makeScene = (draft: Draft, name: string): Scene => {
  const plan = expectPlan(draft.state)
  return { state: draft.state, plan, of: getPhasePlan(plan, name) }
}

/** Agents of a phase that have read an artifact of it and would read another one now. */
export const findReaders = (draft: Draft, name: string, artifact: string): string[] => [
  ...findConsumers(makeScene(draft, name), [artifact]),
]

/** Whether every agent of a phase has handed in, so that its gate can judge without them. */
const hasAllOutputs = (draft: Draft, name: string): boolean => {
  const { outputs } = expectPhase(draft.state, name)
  return listMade(draft, name).every((artifact) => Object.hasOwn(outputs, artifact))
}

/** Sets a phase going that was put back: those of its agents that work again, else its guards at once. */
const goOn = (draft: Draft, name: string): void => {
  if (expectPhase(draft.state, name).stages.length > 0 || !hasAllOutputs(draft, name)) {
    if (isUnderWay(draft)) startReadyPhases(draft)
  } else if (isUnderWay(draft)) openGate(draft, name)
  else markReady(draft, name)
}

/** An artifact of `phase` that changed by another hand than its agents'. `again` are those that work again. */
export type Change = {
  readonly phase: string
  readonly artifact: string
  readonly again: readonly string[]
  readonly reason: string
}

/** Judges a phase anew after a change, its readers first, and puts back the later phases that read any of it. */
export const judgeAnew = (draft: Draft, { phase, artifact, again, reason }: Change): void => {
  const scene = makeScene(draft, phase)
  const stages = scene.of.stages.map((stage) => stage.filter((name) => again.includes(name)))
  const changed = [artifact, ...again.flatMap((name) => getOutputs(scene, name))]
  reopenPhase(
    draft,
    phase,
    reason,
    stages.filter((stage) => stage.length > 0),
  )
  reopenReaders(draft, phase, changed, reason)
  goOn(draft, phase)
}

/** Has a gate judge again what it passed, and puts back the later phases that took it as passed. */
export const rejudge = (draft: Draft, name: string, reason: string): void => {
  reopenPhase(draft, name, reason)
  reopenReaders(draft, name, listMade(draft, name), reason)
  goOn(draft, name)
}
