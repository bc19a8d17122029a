import type { Caller } from '@ropewalk/core/access/caller'
import type { Operation } from '@ropewalk/core/access/operations'
import { PERMISSIONS } from '@ropewalk/core/access/permissions'
import type { ErrorCode } from '@ropewalk/core/errors'
import type { FastifyRequest } from 'fastify'
import type { Engine } from '../engine/contract.ts'
import type { AuditNote } from '../engine/identity/contract.ts'
import { isNotedRefusal, listNamedIds } from '../engine/methods/refusals.ts'

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

/**
 * Leaves a line in the audit where a request was refused because of who made it, or named what is not of its
 * workspace. After the answer, and never in its way.
 */
export const noteRefusal = (
  engine: Pick<Engine, 'auditRefusal'>,
  { caller, routeOptions, params, body, id }: FastifyRequest,
  code: ErrorCode,
): void => {
  const { operation } = routeOptions.config
  // Without an operation it was an address that there is not: there is nothing that they were refused.
  if (caller === null || operation === undefined || !isNotedRefusal(code)) return
  const ids = [...new Set([...listNamedIds(params), ...listNamedIds(body)])]
  engine.auditRefusal({ caller, operation, code, requestId: id, ids })
}
