import { GET_RUN, LIST_GATES, LIST_RUNS, PROPOSE_WAIVER } from '@ropewalk/core/contract/methods/runs'
import { WaiverStatus } from '@ropewalk/core/contract/waiver'
import { RopewalkError } from '@ropewalk/core/errors'
import { WaiverId } from '@ropewalk/core/ids'
import { z } from 'zod'
import { makeGateDetail } from '../../views/gate-view.ts'
import { makeRunDetail, makeRunSummary } from '../../views/run-view.ts'
import { defineMethod } from '../define-method.ts'
import { readAnswer } from '../read-answer.ts'

export const listRuns = defineMethod(LIST_RUNS, async ({ engine }, input, { caller }) => {
  const { status, limit, cursor } = input
  const page = await engine.listRuns(caller.workspaceId, { status, limit, cursor })
  return { runs: page.items.map(makeRunSummary), next_cursor: page.nextCursor }
})

export const getRun = defineMethod(GET_RUN, async ({ engine }, input, { caller }) => ({
  run: makeRunDetail(await engine.readRun(caller.workspaceId, input.run_id)),
}))

export const listGates = defineMethod(LIST_GATES, async ({ engine }, input, { caller }) => {
  const { workspaceId } = caller
  const { run_id: runId, phase } = input
  const view = await engine.readRun(workspaceId, runId)
  const names = view.plan.phases.map((each) => each.phase)
  if (phase !== undefined && !names.includes(phase))
    throw new RopewalkError('NOT_FOUND', `The run has no such phase; it has ${names.join(', ')}.`)
  const gates = await Promise.all(
    (phase === undefined ? names : [phase]).map(async (name) =>
      makeGateDetail(view, name, await engine.listGates(workspaceId, runId, name)),
    ),
  )
  return { gates: gates.filter((gate) => gate !== undefined) }
})

const Requested = z.object({ waiverId: WaiverId, status: WaiverStatus, version: z.int() })

export const proposeWaiver = defineMethod(PROPOSE_WAIVER, async ({ engine }, input, { caller, options }) => {
  const { run_id: runId, phase, rubric, details, owner, justification, days } = input
  const what = { phase, rubric, details, owner, justification, days }
  const answer = await engine.submit(
    {
      type: 'RequestWaiver',
      workspaceId: caller.workspaceId,
      runId,
      ...what,
      compensatingControl: input.compensating_control,
    },
    options,
  )
  const { waiverId, status, version } = readAnswer(answer, Requested)
  return { waiver_id: waiverId, status, version }
})
