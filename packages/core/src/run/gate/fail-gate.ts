import type { FixStrategy } from '../../contract/task-spec.ts'
import { failRun } from '../closing/end-run.ts'
import { addEffect } from '../../draft.ts'
import type { Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { startRound } from '../phase/start-phase.ts'
import { getPhasePlan } from '../plan/find-in-plan.ts'
import type { Judgement } from './judge-gate.ts'
import { planFixRound } from './plan-fix-round.ts'

/** What a phase fails by, should it have no round left. */
export type GateFailure = {
  readonly judgement: Judgement
  readonly strategy: FixStrategy
  readonly code: 'GATE_FAILED' | 'APPROVAL_REFUSED'
  readonly message: string
}

/** Starts the round that mends what a judgement found; without a round left the run fails. */
export const failGate = (draft: Draft, name: string, failure: GateFailure): void => {
  const plan = expectPlan(draft.state)
  const of = getPhasePlan(plan, name)
  const { code, message, judgement, strategy } = failure
  if (expectPhase(draft.state, name).round < of.definition.gate.max_rounds) {
    startRound(draft, name, planFixRound({ state: draft.state, plan, of }, judgement, strategy))
    addEffect(draft, { kind: 'sign-head', ref: { runId: expectRun(draft.state).id } })
    return
  }
  failRun(draft, { phase: name, status: 'failed', code, message })
}
