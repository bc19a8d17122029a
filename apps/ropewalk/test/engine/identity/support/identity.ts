import type { Caller } from '@ropewalk/core/access/caller'
import { AgentId, GrantId, SessionId, type WorkspaceId } from '@ropewalk/core/ids'
import { makeSessionKey } from '@ropewalk/core/session/session'
import type { SessionCommand, SessionFacts } from '@ropewalk/core/session/session'
import type { GrantDraft, TokenCommand } from '@ropewalk/core/token/token'
import type { AuditNote } from '../../../../src/engine/identity/contract.ts'
import { makeUuid, WORKSPACE } from '../../support/stage.ts'

export const makeGrantId = (): GrantId => GrantId.parse(makeUuid())

const DAY_MS = 24 * 3600 * 1000
export const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()

type CreateGrant = Extract<TokenCommand, { type: 'CreateGrant' }>

export const makeCreateGrant = (
  change: Partial<GrantDraft> & { readonly workspaceId?: WorkspaceId } = {},
): CreateGrant => {
  const { workspaceId = WORKSPACE, ...draft } = change
  return {
    type: 'CreateGrant',
    workspaceId,
    grantId: makeGrantId(),
    grant: {
      name: 'reviewer',
      kind: 'agent',
      agentId: AgentId.parse('reviewer'),
      role: 'participant',
      scopes: null,
      sessionId: SessionId.parse('s-1'),
      ttlMs: 3_600_000,
      expiresAt: inDays(30),
      ...draft,
    },
  }
}

export const makeRegister = (
  agent: string,
  facts: Partial<SessionFacts> = {},
  workspaceId = WORKSPACE,
): Extract<SessionCommand, { type: 'RegisterSession' }> => {
  const agentId = AgentId.parse(agent)
  return {
    type: 'RegisterSession',
    workspaceId,
    agentId,
    sessionKey: makeSessionKey(workspaceId, agentId),
    facts: {
      sessionId: SessionId.parse('s-1'),
      runtime: 'codex',
      managementMode: 'managed',
      resumable: true,
      status: 'active',
      ...facts,
    },
  }
}

export const makeCaller = (agent: string, workspaceId = WORKSPACE): Caller => ({
  kind: 'grant',
  workspaceId,
  by: { kind: 'agent', id: agent },
  agentId: AgentId.parse(agent),
  role: 'participant',
  sessionId: null,
  scopes: null,
  grantId: null,
  claim: null,
})

export const makeNote = (change: Partial<AuditNote> = {}): AuditNote => ({
  actorRole: 'operator',
  operation: 'tokens.create',
  resourceType: 'grant',
  resourceId: null,
  threadId: null,
  requestId: makeUuid(),
  reason: 'They asked for it.',
  ...change,
})
