import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipText } from '../../clip.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import type { Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import type { Run } from '../state.ts'
import { recordRequest } from './activate-waiver.ts'

type Command = RunCommandOf<'RequestWaiver'>

/** Whether a waiver can still change what becomes of a run. */
export const isWaivable = ({ status, closed }: Run): boolean =>
  !closed && status !== 'succeeded' && status !== 'cancelled'

/** Why the rubric of a phase can be waived by nobody: the playbook says so, or it found something critical. */
export const findHardness = (draft: Draft, phase: string, rubric: string): Refused | undefined => {
  const of = getDefinition(expectPlan(draft.state), phase).rubrics[rubric]
  if (of?.waivable === false)
    return refuse('NOT_WAIVABLE', `The playbook does not let ${rubric} of ${phase} be waived; mend it.`, {
      phase,
      rubric,
    })
  const critical = expectPhase(draft.state, phase).reports.find(
    ({ type, severity, outcome }) => type === rubric && severity === 'critical' && outcome === 'fail',
  )
  return critical
    ? refuse('NOT_WAIVABLE', `${critical.guard} found something critical; that is mended, never waived.`, {
        phase,
        rubric,
        guard: critical.guard,
        reasons: critical.reasons,
      })
    : undefined
}

const findRefusal = (draft: Draft, { phase, rubric, days }: Command): Refused | undefined => {
  const run = expectRun(draft.state)
  if (!isWaivable(run))
    return refuse('RUN_ALREADY_FINISHED', `The run is ${run.status}; nothing of it is left to waive.`, {
      status: run.status,
    })
  if (!draft.state.phases.has(phase)) return refuse('NOT_FOUND', `The run has no phase ${phase}.`, { phase })
  const { rubrics, waivers } = getDefinition(expectPlan(draft.state), phase)
  if (!Object.hasOwn(rubrics, rubric))
    return refuse(
      'NOT_FOUND',
      `The phase ${phase} has no rubric ${rubric}; it has ${Object.keys(rubrics).join(', ') || 'none'}.`,
      { phase, rubric },
    )
  if (days > waivers.max_days)
    return refuse('INVALID_ARGUMENT', `A waiver in ${phase} lasts ${waivers.max_days} days at most.`, {
      days,
      maxDays: waivers.max_days,
    })
  const same = [...draft.state.waivers.values()].find(
    (waiver) =>
      waiver.phase === phase &&
      waiver.rubric === rubric &&
      (waiver.status === 'requested' || waiver.status === 'active'),
  )
  if (same)
    return refuse('CONFLICT', `A waiver of ${rubric} in ${phase} is ${same.status} already.`, {
      waiverId: same.id,
      status: same.status,
    })
  return findHardness(draft, phase, rubric)
}

/** Asks for leave to pass a gate though one of its rubrics fails. Anybody may ask; persons decide. */
export const requestWaiver = (draft: Draft, command: Command): Outcome => {
  const refusal = findRefusal(draft, command)
  if (refusal) return refusal
  const waiverId = recordRequest(draft, {
    phase: command.phase,
    rubric: command.rubric,
    // All of it is one event, which has to fit into one entry of the ledger.
    details: clipText(command.details, 1000, 2000),
    owner: clipText(command.owner, 120, 240),
    justification: clipText(command.justification, 400, 1000),
    compensatingControl: clipText(command.compensatingControl, 400, 1000),
    days: command.days,
    declared: false,
    requestedBy: getActor(draft),
    requestedKind: draft.stamp.by.kind,
  })
  return answered({ waiverId, status: 'requested' })
}
