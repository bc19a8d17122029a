import { digestOf } from '@ropewalk/core/canonical'
import { RopewalkError, ERRORS } from '@ropewalk/core/errors'
import { analyse } from '@ropewalk/core/analysis/analyse'
import type { AnalysisResult, Done } from '@ropewalk/core/analysis/result'
import type { WorkEvidence } from '@ropewalk/core/contract/work-order'
import type { WorkOptions } from '../../engine/backlog/contract.ts'
import { getCleanText, isOver } from '../failure.ts'
import { writeHeld } from '../submit.ts'
import { WORKER_VERSION } from '../worker-version.ts'
import { readOrder } from './read-order.ts'
import { testProgram } from './test-program.ts'
import type { HeldWork, WorkParts } from './work-parts.ts'

const TOOL = 'ropewalk-worker'

const getDoer = ({ worker }: WorkParts, { task }: HeldWork) => ({
  workspaceId: task.workspaceId,
  taskId: task.taskId,
  attempt: task.attempt,
  worker,
  tool: TOOL,
  toolVersion: WORKER_VERSION,
})

/** The key makes a request whose answer was lost get the first one's answer. */
const makeOptions = (
  { worker }: WorkParts,
  { task }: HeldWork,
  name: string,
  request: unknown,
): WorkOptions => ({
  by: { kind: 'agent', id: worker },
  idempotency: {
    route: 'worker',
    key: `${task.taskId}/${task.attempt}/${name}`,
    bodyDigest: digestOf(request),
  },
})

const work = async (parts: WorkParts, held: HeldWork): Promise<AnalysisResult> => {
  const input = await writeHeld(held, () => readOrder(parts, held))
  const order = held.task.spec
  if (input.capability === 'test') return testProgram(parts, held, input)
  return analyse({
    agent: order.capability,
    order: { ...order, capability: input.capability },
    rows: input.rows,
    inputs: input.inputs,
  })
}

const makeEvidence = ({ body, statement }: Done): WorkEvidence => ({
  kind: body.type === 'test_report' ? 'test' : 'computation',
  statement: getCleanText(statement, 1000),
  exitCode: body.type === 'test_report' ? 0 : null,
  digest: null,
})

const tell = async (parts: WorkParts, held: HeldWork, result: AnalysisResult): Promise<void> => {
  const { engine } = parts
  const doer = getDoer(parts, held)
  if (result.type === 'done') {
    const { body } = result
    const deliverables = [{ name: body.type, type: body.type, body }]
    const request = { ...doer, deliverables, evidence: [makeEvidence(result)] }
    await writeHeld(held, () => engine.completeWork(request, makeOptions(parts, held, 'complete', request)))
  } else if (result.type === 'needs') {
    const { reason, missingFields, questions } = result
    const request = { ...doer, reason, missingFields, questions }
    await writeHeld(held, () =>
      engine.needClarification(request, makeOptions(parts, held, 'clarify', request)),
    )
  } else {
    const request = { ...doer, ...result.failure }
    await writeHeld(held, () => engine.failWork(request, makeOptions(parts, held, 'fail', request)))
  }
}

/** What broke is the tool's fault unless the engine says that it would be so again. */
const makeFailure = (error: unknown): AnalysisResult => ({
  type: 'failed',
  failure: {
    category: 'TOOL_FAILURE',
    message:
      getCleanText(error instanceof Error ? error.message : String(error), 1000) ||
      'It broke without a word.',
    retryable: !(error instanceof RopewalkError) || ERRORS[error.code].status >= 500,
  },
})

/** Gives a task back that this process will not finish: it goes out again at once. */
const handBack = async ({ engine, worker }: WorkParts, { task }: HeldWork): Promise<void> => {
  const { workspaceId, projectId, taskId, attempt, claimedAt } = task
  await engine.submit(
    {
      type: 'LoseWork',
      workspaceId,
      projectId,
      taskId,
      attempt,
      outcome: 'lost',
      worker,
      claimedAt,
      message: 'The worker was stopped and handed its work back.',
    },
    { by: { kind: 'agent', id: worker } },
  )
}

/**
 * Does one held task and tells the engine what came of it: a result, what is missing, or why it failed. Never
 * throws: where even that cannot be told, the lease runs out and somebody else does it.
 */
export const doWork = async (parts: WorkParts, held: HeldWork): Promise<void> => {
  const { log } = parts
  const facts = {
    taskId: held.task.taskId,
    attempt: held.task.attempt,
    capability: held.task.spec.capability,
  }
  try {
    const result = await work(parts, held).catch((error: unknown) => {
      held.assertHeld()
      log.warn({ ...facts, err: error }, 'work broke off')
      return makeFailure(error)
    })
    await tell(parts, held, result).catch(async (error: unknown) => {
      held.assertHeld()
      if (result.type === 'failed') throw error
      // What the engine refuses for good would be refused from each next attempt as well.
      await tell(parts, held, makeFailure(error))
    })
    log.info({ ...facts, outcome: result.type }, 'work ended')
  } catch (error) {
    if (held.getEnd() === 'stopping') {
      await handBack(parts, held).catch((err: unknown) => {
        if (!isOver(err)) log.warn({ ...facts, err }, 'work could not be handed back; its lease will run out')
      })
    } else if (held.getEnd() === null) {
      log.error({ ...facts, err: error }, 'what came of work could not be told; its lease will run out')
    }
  }
}
