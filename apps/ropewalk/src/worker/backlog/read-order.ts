import { RopewalkError } from '@ropewalk/core/errors'
import { Records, type RecordRow } from '@ropewalk/core/contract/records'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import type { z } from 'zod'
import type { HeldWork, WorkParts } from './work-parts.ts'

/** What an order names, read. */
export type OrderInput = {
  /** What is to be done: the item's own capability, also where the generic worker stands in. */
  readonly capability: string
  readonly rows: readonly RecordRow[] | null
  readonly inputs: readonly DeliverableBody[]
}

/** The worker that takes what nobody else does (see the dispatcher). */
export const GENERIC = 'generic'

const readJson = async <T>(
  { engine }: WorkParts,
  { task }: HeldWork,
  of: { readonly digest: string; readonly schema: z.ZodType<T>; readonly what: string },
): Promise<T> => {
  const bytes = await engine.blobs.read(task.workspaceId, of.digest)
  const refuse = (cause: unknown): never => {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${of.what} (${of.digest}) cannot be read as what it has to be.`,
      {
        cause,
      },
    )
  }
  let json: unknown
  try {
    json = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    return refuse(error)
  }
  const parsed = of.schema.safeParse(json)
  return parsed.success ? parsed.data : refuse(parsed.error)
}

const readRows = async (parts: WorkParts, held: HeldWork): Promise<readonly RecordRow[] | null> => {
  const { records } = held.task.spec
  if (records === null) return null
  const { digest } = records
  const { rows } = await readJson(parts, held, { digest, schema: Records, what: 'The records' })
  return rows.slice(records.rows.from, records.rows.to)
}

const findCapability = async ({ engine }: WorkParts, { task }: HeldWork): Promise<string> => {
  const { spec, workspaceId } = task
  if (spec.capability !== GENERIC) return spec.capability
  // The order names who it was given to; what it asks for stands in the item.
  const { capability } = await engine.readItem(workspaceId, spec.itemId)
  return capability ?? GENERIC
}

/**
 * Reads what the order of a held task names. Throws INVALID_ARGUMENT where a blob does not hold what it should,
 * NOT_FOUND, STORE_UNAVAILABLE.
 */
export const readOrder = async (parts: WorkParts, held: HeldWork): Promise<OrderInput> => {
  const inputs: DeliverableBody[] = []
  for (const { digest, name } of held.task.spec.inputs) {
    inputs.push(
      await readJson(parts, held, { digest, schema: DeliverableBody, what: `The deliverable ${name}` }),
    )
  }
  return { capability: await findCapability(parts, held), rows: await readRows(parts, held), inputs }
}
