import { isPartial, mergeBatches } from '@ropewalk/core/analysis/analyse'
import type { AnalysisResult } from '@ropewalk/core/analysis/result'
import { Records } from '@ropewalk/core/contract/records'
import {
  DeliverableBody,
  type DeliverableDraft,
  type DoneCheck,
  type WorkOrder,
} from '@ropewalk/core/contract/work-order'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { runDoneChecks } from '@ropewalk/core/project/done/run-done-checks'
import type { Deliverable } from '@ropewalk/core/project/state'
import type { Answer, Engine } from '../contract.ts'
import type { CompleteWorkRequest, WorkInHand, WorkOptions } from './contract.ts'
import { failWork, getClaimedAt, getWorkOptions, makeEnd, needClarification } from './end-work.ts'
import { joinBatches } from './join-batches.ts'

const BODY_TYPE = 'application/json'

/** Tries of a batch that was the last one only by the time it was told. */
const MAX_TRIES = 5

export type CompleteEngine = Pick<
  Engine,
  'blobs' | 'listPartialDeliverables' | 'readItem' | 'readWork' | 'submit'
>

type Named = { readonly name: string; readonly type: string; readonly body: DeliverableBody }

const keep = async (
  { blobs }: CompleteEngine,
  workspaceId: WorkspaceId,
  { name, type, body }: Named,
): Promise<DeliverableDraft> => {
  const bytes = Buffer.from(`${JSON.stringify(body, null, 2)}\n`)
  const digest = await blobs.put(workspaceId, bytes)
  return {
    name,
    type,
    digest,
    mediaType: BODY_TYPE,
    bytes: bytes.length,
    confidence: body.confidence,
    simulated: body.simulated,
  }
}

const readBody = async ({ blobs }: CompleteEngine, workspaceId: WorkspaceId, digest: string) =>
  DeliverableBody.parse(JSON.parse((await blobs.read(workspaceId, digest)).toString('utf8')))

/** What the other batches of the round handed in; undefined while one of them is still out. */
const readOthers = async (
  engine: CompleteEngine,
  workspaceId: WorkspaceId,
  { task, order }: WorkInHand,
): Promise<readonly (Named & { readonly batch: number })[] | undefined> => {
  const partial = await engine.listPartialDeliverables(workspaceId, task.itemId, order.round)
  const ofRound = partial.filter(({ batch }) => batch !== order.batch)
  const there = new Set(ofRound.map(({ batch }) => batch))
  if (there.size < order.batches - 1) return undefined
  const read = async ({ batch, name, type, digest }: Deliverable) => ({
    batch,
    name,
    type,
    body: await readBody(engine, workspaceId, digest),
  })
  return Promise.all(ofRound.map(read))
}

/** What all batches come to, name by name: by the analyses' own rule where they made them, else laid side by side. */
const merge = (parts: readonly (Named & { readonly batch: number })[]): readonly (Named | AnalysisResult)[] =>
  [...Map.groupBy(parts, ({ name }) => name).values()].flatMap((group) => {
    const bodies = group.toSorted((a, b) => a.batch - b.batch).map(({ body }) => body)
    const [first] = group
    if (first === undefined) return []
    const { name, type } = first
    if (!bodies.every(isPartial)) return [{ name, type, body: joinBatches(bodies) }]
    const merged = mergeBatches(bodies)
    return [merged.type === 'done' ? { name, type, body: merged.body } : merged]
  })

const isNamed = (one: Named | AnalysisResult): one is Named => 'name' in one

/** The rows that the whole item is about: of one task its own, of several those of the table. */
const readRecords = async (
  { blobs }: CompleteEngine,
  workspaceId: WorkspaceId,
  { records, batches }: WorkOrder,
): Promise<Pick<Records, 'columns' | 'rows'> | null> => {
  if (records === null) return null
  const bytes = await blobs.read(workspaceId, records.digest)
  const { columns, rows } = Records.parse(JSON.parse(bytes.toString('utf8')))
  return { columns, rows: batches === 1 ? rows.slice(records.rows.from, records.rows.to) : rows }
}

const check = async (
  engine: CompleteEngine,
  request: CompleteWorkRequest,
  of: { readonly order: WorkOrder; readonly bodies: readonly DeliverableBody[] },
): Promise<DoneCheck[]> => {
  const { order, bodies } = of
  const item = await engine.readItem(request.workspaceId, order.itemId)
  return [
    ...runDoneChecks({
      item: {
        kind: item.kind,
        capability: item.capability,
        definitionOfDone: item.definitionOfDone,
      },
      bodies,
      evidence: request.evidence,
      records: await readRecords(engine, request.workspaceId, order),
      parameters: order.parameters,
    }),
  ]
}

/** What one batch of several adds: itself, and from the last one the whole with its checks. */
const makeParts = async (
  engine: CompleteEngine,
  request: CompleteWorkRequest,
  inHand: WorkInHand,
): Promise<
  | { readonly merged: DeliverableDraft[]; readonly checks: DoneCheck[] }
  | { readonly trouble: Exclude<AnalysisResult, { type: 'done' }> }
> => {
  const { order } = inHand
  const { workspaceId, deliverables } = request
  if (order.batches === 1)
    return {
      merged: [],
      checks: await check(engine, request, { order, bodies: deliverables.map(({ body }) => body) }),
    }
  const others = await readOthers(engine, workspaceId, inHand)
  if (others === undefined) return { merged: [], checks: [] }
  const whole = merge([...others, ...deliverables.map((one) => ({ ...one, batch: order.batch }))])
  const named = whole.filter(isNamed)
  const trouble = whole.find((one) => !isNamed(one))
  if (trouble !== undefined && !isNamed(trouble) && trouble.type !== 'done') return { trouble }
  const merged: DeliverableDraft[] = []
  for (const one of named) merged.push(await keep(engine, workspaceId, one))
  return {
    merged,
    checks: await check(engine, request, { order, bodies: named.map(({ body }) => body) }),
  }
}

/** Throws STALE_ATTEMPT unless the attempt may still hand in; a cheap look before bytes are kept for it. */
const checkOpen = ({ task }: WorkInHand, { attempt, taskId }: CompleteWorkRequest): void => {
  if (task.status === 'running' && task.attempt === attempt) return
  throw new RopewalkError('STALE_ATTEMPT', `Attempt ${attempt} of task ${taskId} does not run any more.`, {
    details: { attempt: task.attempt, status: task.status },
  })
}

/**
 * Hands in what a worker made of its order: keeps it, has the Definition of Done look at it, and tells the
 * project. The last batch of several brings what all of them come to. Durable when it returns; safe to repeat
 * with an idempotency key. Throws NOT_FOUND, STALE_ATTEMPT and INVALID_ARGUMENT.
 */
export const completeWork = async (
  engine: CompleteEngine,
  request: CompleteWorkRequest,
  options: WorkOptions,
): Promise<Answer> => {
  const { workspaceId } = request
  const inHand = await engine.readWork(workspaceId, request.taskId)
  const { task } = inHand
  // A repeated request is answered from its key, after the attempt has ended.
  if (options.idempotency === undefined) checkOpen(inHand, request)
  const drafts: DeliverableDraft[] = []
  for (const one of request.deliverables) drafts.push(await keep(engine, workspaceId, one))
  const end = makeEnd(request, { projectId: task.projectId, claimedAt: getClaimedAt(task, request) })
  for (let attempt = 1; ; attempt += 1) {
    const parts = await makeParts(engine, request, inHand)
    if ('trouble' in parts) {
      const { trouble } = parts
      return trouble.type === 'needs'
        ? needClarification(engine, { ...request, ...trouble }, options)
        : failWork(engine, { ...request, ...trouble.failure }, options)
    }
    try {
      return await engine.submit(
        {
          type: 'CompleteWork',
          ...end,
          deliverables: drafts,
          merged: parts.merged,
          evidence: [...request.evidence],
          checks: parts.checks,
        },
        getWorkOptions(request, options),
      )
    } catch (error) {
      // Another batch was handed in meanwhile, so that this one became the last.
      if (!hasCode(error, 'VERSION_CONFLICT') || attempt === MAX_TRIES) throw error
    }
  }
}
