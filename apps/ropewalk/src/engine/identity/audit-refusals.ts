import { makeCoalescer } from '../../store/coalesce.ts'
import { appendRefusals } from '../../store/append-refusals.ts'
import type { Refusal } from '../../store/append-refusals.ts'
import type { Store } from '../../store/open.ts'
import type { Log } from '../../log.ts'
import { makeId } from '../runs/make-id.ts'
import type { IdentityEngine } from './contract.ts'

/** Lines that may wait: a caller who is refused all the time must not fill the memory of the process. */
const MAX_WAITING = 1000
const WARN_EVERY_MS = 60_000
const MAX_IDS = 20
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u

/** Names come from requests; the audit keeps them in the form and size that Postgres can keep. */
const clean = (value: string): string => value.slice(0, 200).toWellFormed().replaceAll('\u0000', '\uFFFD')

type Call = Parameters<IdentityEngine['auditRefusal']>[0]

const toRefusal = ({ caller, operation, code, requestId, ids }: Call): Refusal => ({
  id: makeId(),
  workspaceId: caller.workspaceId,
  actor: clean(caller.by.id),
  actorKind: caller.by.kind,
  actorRole: caller.role,
  operation: clean(operation),
  requestId: clean(requestId),
  result: code,
  ids: [...new Set(ids.map((id) => id.toLowerCase()).filter((id) => UUID.test(id)))].slice(0, MAX_IDS),
  mayBeForeign: code === 'NOT_FOUND',
})

/**
 * Starts what notes refused calls behind their answers: nobody waits for it and it never throws. What cannot
 * be noted, because too much waits or the database is away, is lost, and the log says how much, once a minute.
 */
export const startRefusalAudit = ({ store, log }: { readonly store: Store; readonly log: Log }) => {
  const append = makeCoalescer<Refusal, void>({
    maxItems: 100,
    run: async (refusals) => {
      await appendRefusals(store, refusals)
      return []
    },
  })
  const waiting = new Set<Promise<void>>()
  let lost = 0
  let warnedAt = Number.NEGATIVE_INFINITY
  const warn = (error?: unknown): void => {
    log.warn({ err: error, lost }, 'refused calls are missing in the audit')
    warnedAt = performance.now()
    lost = 0
  }
  const lose = (error?: unknown): void => {
    lost += 1
    if (performance.now() - warnedAt >= WARN_EVERY_MS) warn(error)
  }
  const auditRefusal = (call: Call): void => {
    const refusal = toRefusal(call)
    // Nothing was named that could be anybody's.
    if (refusal.mayBeForeign && refusal.ids.length === 0) return
    if (waiting.size >= MAX_WAITING) {
      lose()
      return
    }
    const done = append(refusal)
      .catch(lose)
      .finally(() => waiting.delete(done))
    waiting.add(done)
  }
  return {
    auditRefusal,
    /** Resolves when all that waits is noted. */
    stop: async (): Promise<void> => {
      while (waiting.size > 0) await Promise.all(waiting)
      if (lost > 0) warn()
    },
  }
}
