import type { Caller } from '@ropewalk/core/access/caller'
import type { Operation } from '@ropewalk/core/access/operations'
import { PERMISSIONS } from '@ropewalk/core/access/permissions'
import type { AuditNote } from '../engine/identity/contract.ts'

type AuditedCall = {
  readonly operation: string
  readonly facts: Operation
  readonly caller: Caller
  /** As it was declared, with the names of its parameters. */
  readonly path: string
  readonly params: unknown
  readonly body: unknown
  readonly requestId: string
}

const getText = (of: unknown, name: string): string | null => {
  if (typeof of !== 'object' || of === null) return null
  const value: unknown = Reflect.get(of, name)
  return typeof value === 'string' ? value : null
}

/** Longer reasons are cut in the audit; the ledger has them whole. */
const MAX_REASON = 1000

/** The part of the path in front of its first parameter says what kind of thing that names. */
const OF_RESOURCE = /\/([a-z-]+?)s?\/:([A-Za-z]+)/u

/** What a call leaves in the audit with its command; undefined for what is not audited, or not of this caller. */
export const makeAuditNote = (call: AuditedCall): AuditNote | undefined => {
  const { operation, facts, caller, params, body, requestId } = call
  const isLeader = caller.role === 'coordinator' || caller.role === 'operator'
  if (facts === 'public' || facts.permission === null || !isLeader) return undefined
  if (!PERMISSIONS[facts.permission].isAudited) return undefined
  const [, type, name = ''] = OF_RESOURCE.exec(call.path) ?? []
  const resourceId = getText(params, name)
  return {
    actorRole: caller.role,
    operation,
    resourceType: resourceId === null ? null : (type ?? null),
    resourceId,
    threadId: type === 'thread' ? resourceId : getText(body, 'thread_id'),
    requestId,
    reason: getText(body, 'reason')?.slice(0, MAX_REASON).toWellFormed() ?? null,
  }
}

/** A caller that tries many at once is noted with the first of them. */
const MAX_IDS = 20

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u

/** The ids that a request names: in its address and at the top of its body. */
export const listNamedIds = (params: unknown, body: unknown): string[] => {
  const values = [
    ...Object.values(typeof params === 'object' && params !== null ? params : {}),
    ...(typeof body === 'object' && body !== null
      ? Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
          /(?:^|_)id$|Id$/u.test(name) ? [value] : [],
        )
      : []),
  ]
  const ids = values.filter((value): value is string => typeof value === 'string' && UUID.test(value))
  return [...new Set(ids)].slice(0, MAX_IDS)
}
