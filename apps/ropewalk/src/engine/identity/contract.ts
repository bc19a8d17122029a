import type { Caller } from '@ropewalk/core/access/caller'
import type { ErrorCode } from '@ropewalk/core/errors'
import type { GrantId, WorkspaceId } from '@ropewalk/core/ids'
import type { DataPolicy } from '@ropewalk/core/policy/policy'
import type { Grant } from '@ropewalk/core/token/token'
import type { Page, PageRequest } from '../contract.ts'

/** One line of the audit (row CX-08). Never changed, never deleted. */
export type AuditEntry = {
  readonly id: string
  readonly at: string
  readonly actor: string
  readonly actorKind: string
  readonly actorRole: string
  /** Name of the route or method. */
  readonly operation: string
  readonly resourceType: string | null
  readonly resourceId: string | null
  readonly threadId: string | null
  readonly requestId: string
  /** `ok`, or the error code with which it was refused. */
  readonly result: 'ok' | ErrorCode
  readonly reason: string | null
  readonly payload: Readonly<Record<string, unknown>>
}

/** What goes into the audit with a command, in its transaction, when it is accepted. */
export type AuditNote = Pick<
  AuditEntry,
  'actorRole' | 'operation' | 'resourceType' | 'resourceId' | 'threadId' | 'requestId' | 'reason'
>

export type AuditFilter = PageRequest & {
  readonly actor?: string | undefined
  readonly operation?: string | undefined
  readonly threadId?: string | undefined
  readonly result?: string | undefined
}

/** A public key that tokens are verified with, from whichever process signs with it. */
export type TokenKey = {
  readonly kid: string
  readonly jwk: Readonly<Record<string, unknown>>
  readonly createdAt: string
  readonly retiredAt: string | null
}

export type IdentityEngine = {
  listGrants(workspaceId: WorkspaceId, page: PageRequest): Promise<Page<Grant>>
  readGrant(workspaceId: WorkspaceId, grantId: GrantId): Promise<Grant>
  /**
   * Whether tokens of a grant are still good: asked of the database each time, many at once in one query, so
   * that a revocation holds in every process from its answer on.
   */
  isGrantLive(workspaceId: WorkspaceId, grantId: GrantId): Promise<boolean>
  /** The same for a token of another issuer, which is good unless it was revoked. */
  isForeignTokenLive(workspaceId: WorkspaceId, issuer: string, jti: string): Promise<boolean>
  /** Whether there is such a workspace: a token of another issuer may name one that there is not. */
  isWorkspace(workspaceId: WorkspaceId): Promise<boolean>
  /** Makes a key known to all processes; the same key again changes nothing. */
  publishTokenKey(key: Pick<TokenKey, 'kid' | 'jwk'>): Promise<void>
  retireTokenKey(kid: string): Promise<void>
  listTokenKeys(): Promise<readonly TokenKey[]>

  listAudit(workspaceId: WorkspaceId, filter: AuditFilter): Promise<Page<AuditEntry>>
  /**
   * Notes a call that was refused because of who made it, or that named something of another workspace: the
   * ids are looked up there by a function of the database that gives back nothing. Never throws.
   */
  auditRefusal(of: {
    readonly caller: Caller
    readonly operation: string
    readonly code: ErrorCode
    readonly requestId: string
    readonly ids: readonly string[]
  }): void

  /**
   * Notes what an operator or coordinator did that is no command, and so has no transaction to be noted in.
   * Durable when it returns. Throws STORE_UNAVAILABLE.
   */
  noteUse(caller: Caller, note: AuditNote): Promise<void>

  readPolicy(workspaceId: WorkspaceId): Promise<DataPolicy>
}
