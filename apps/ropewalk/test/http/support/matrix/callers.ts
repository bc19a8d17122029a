import type { Permission } from '@ropewalk/core/access/permissions'
import type { Role, TokenKind } from '@ropewalk/core/access/roles'
import { AgentId, GrantId, SessionId, WorkspaceId } from '@ropewalk/core/ids'
import { signToken } from '../../../../src/engine/identity/sign-token.ts'
import { makeUuid } from '../../../engine/support/stage.ts'
import { API_TOKEN, type TestApi } from '../start-api.ts'
import { createToken, getSigningKey } from '../tokens.ts'

/** Who calls in a row of the matrix. */
export type MatrixCaller = {
  readonly label: string
  readonly agent: string
  readonly token: string
  readonly kind: 'owner' | 'grant' | 'task'
  readonly role: Role
  readonly scopes: readonly Permission[] | null
  readonly isInThread: boolean
}

type Draft = {
  readonly label: string
  readonly agent: string
  readonly kind: TokenKind
  readonly role: Role
  readonly scopes?: Permission[]
}

const DRAFTS: readonly Draft[] = [
  { label: 'operator', agent: 'anna', kind: 'operator', role: 'operator' },
  { label: 'coordinator', agent: 'lead', kind: 'agent', role: 'coordinator' },
  { label: 'auditor', agent: 'eyes', kind: 'automation', role: 'auditor' },
  { label: 'participant in', agent: 'in-thread', kind: 'agent', role: 'participant' },
  { label: 'participant out', agent: 'out-of-thread', kind: 'agent', role: 'participant' },
  { label: 'worker', agent: 'pool', kind: 'worker', role: 'participant' },
  {
    label: 'one scope',
    agent: 'robot',
    kind: 'automation',
    role: 'coordinator',
    scopes: ['threads:read'],
  },
]

/** The owner, one of each role and kind, and the token of a task. */
export const makeCallers = async (api: TestApi, taskToken: string): Promise<MatrixCaller[]> => {
  const granted = await Promise.all(
    DRAFTS.map(async ({ label, agent, kind, role, scopes }): Promise<MatrixCaller> => {
      const { token } = await createToken(api, { agentId: AgentId.parse(agent), kind, role, scopes })
      const isInThread = agent === 'in-thread'
      return { label, agent, token, kind: 'grant', role, scopes: scopes ?? null, isInThread }
    }),
  )
  const common = { scopes: null, isInThread: false }
  return [
    { label: 'owner', agent: 'owner', token: API_TOKEN, kind: 'owner', role: 'operator', ...common },
    ...granted,
    { label: 'task', agent: 'task', token: taskToken, kind: 'task', role: 'participant', ...common },
  ]
}

/** Who makes what the matrix is asked about; nobody in it has the name. */
export const SEEDER = 'seeder'

const makeSubject = (workspace: string, grantId: GrantId) => ({
  workspaceId: WorkspaceId.parse(workspace),
  agentId: AgentId.parse(SEEDER),
  role: 'operator' as const,
  kind: 'operator' as const,
  sessionId: SessionId.parse('s-1'),
  scopes: null,
  grantId,
})

/** A token of an operator of any workspace, signed with the home's key under a grant that is there. */
export const signOperator = async (
  api: TestApi,
  of: { workspace: string; audience?: string; expiresAt?: Date },
): Promise<string> => {
  const workspaceId = WorkspaceId.parse(of.workspace)
  const grantId = GrantId.parse(makeUuid())
  const { grantId: _, workspaceId: __, ...grant } = makeSubject(of.workspace, grantId)
  const end = new Date(Date.now() + 3_600_000)
  await api.engine.submit(
    {
      type: 'CreateGrant',
      workspaceId,
      grantId,
      grant: { ...grant, name: SEEDER, ttlMs: 3_600_000, expiresAt: end.toISOString() },
    },
    { by: { kind: 'person', id: 'owner' } },
  )
  return signToken(getSigningKey(api), {
    subject: makeSubject(of.workspace, grantId),
    audience: of.audience ?? 'ropewalk',
    jti: makeUuid(),
    issuedAt: new Date(Date.now() - 7_200_000),
    expiresAt: of.expiresAt ?? end,
  })
}

/** Tokens that are good for nothing, by what is wrong with them; null is none at all. */
export const makeBadTokens = async (api: TestApi): Promise<readonly (readonly [string, string | null])[]> => {
  const revoked = await createToken(api, { agentId: AgentId.parse('gone'), role: 'coordinator' })
  await api.ask(`/v1/tokens/${revoked.grantId}/revoke`, { body: { reason: 'x' } })
  const expired = await signOperator(api, {
    workspace: 'default',
    expiresAt: new Date(Date.now() - 60_000),
  })
  return [
    ['no token', null],
    ['an expired token', expired],
    ['a revoked token', revoked.token],
    ['a token for others', await signOperator(api, { workspace: 'default', audience: 'somebody-else' })],
  ]
}
