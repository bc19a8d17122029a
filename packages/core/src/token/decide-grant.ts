import { PERMISSIONS, type Permission } from '../access/permissions.ts'
import type { Role } from '../access/roles.ts'
import { clipText } from '../clip.ts'
import { accept, addMs, type Decision, refuse, type Refused, type Stamp } from '../decision.ts'
import { evolveGrant } from './evolve-grant.ts'
import { makeForeignGrantId, OWN_ISSUER } from './token.ts'
import type { Grant, GrantDraft, TokenCommand, TokenEvent } from './token.ts'

/** A grant that outlives those who know why it was given is one that nobody dares to revoke. */
export const MAX_GRANT_MS = 366 * 24 * 3600 * 1000

type CommandOf<T extends TokenCommand['type']> = Extract<TokenCommand, { type: T }>
type GrantDecision = Decision<TokenEvent, Grant | null>

/** What a command means for a grant and the tokens under it. Pure. */
export const decideGrant = (grant: Grant | null, command: TokenCommand, stamp: Stamp): GrantDecision => {
  switch (command.type) {
    case 'CreateGrant':
      return createGrant(grant, command, stamp)
    case 'IssueToken':
      return issueToken(grant, command, stamp)
    case 'RevokeGrant':
      return revokeGrant(grant, command, stamp)
    case 'RevokeForeignToken':
      return revokeForeignToken(grant, command, stamp)
  }
}

const tell = (grant: Grant | null, { grantId }: TokenCommand, { at }: Stamp, event: TokenEvent) => {
  const next = evolveGrant(grant, { ...event, at }, grantId)
  return accept<TokenEvent, Grant | null>([event], next, { grantId, expiresAt: next.expiresAt })
}

const getActor = ({ by }: Stamp): string => clipText(by.id, 120)

const createGrant = (grant: Grant | null, command: CommandOf<'CreateGrant'>, stamp: Stamp): GrantDecision => {
  if (grant !== null)
    return refuse('CONFLICT', 'There is such a grant already. Make a new one under an id of its own.')
  const refused = checkEnd(command.grant, stamp) ?? checkRole(command.grant) ?? checkScopes(command.grant)
  if (refused !== undefined) return refused
  return tell(grant, command, stamp, {
    type: 'token.granted',
    v: 1,
    data: { grant: command.grant, by: getActor(stamp) },
  })
}

const checkEnd = ({ expiresAt }: GrantDraft, { at }: Stamp): Refused | undefined => {
  const latest = addMs(at, MAX_GRANT_MS)
  if (expiresAt > at && expiresAt <= latest) return undefined
  return refuse(
    'INVALID_ARGUMENT',
    `Expected an end between now and ${latest}, a year at most; got ${expiresAt}.`,
    { expiresAt, latest },
  )
}

const OPERATOR_ROLES: readonly Role[] = ['operator', 'auditor']

const checkRole = ({ kind, role }: GrantDraft): Refused | undefined => {
  if (role === 'operator' && kind !== 'operator')
    return refuse(
      'INVALID_ARGUMENT',
      `The role operator is a person's: expected kind operator, got ${kind}.`,
      { kind, role },
    )
  if (kind === 'operator' && !OPERATOR_ROLES.includes(role))
    return refuse('INVALID_ARGUMENT', `A person is operator or auditor; got the role ${role}.`, {
      kind,
      role,
    })
  return undefined
}

const hasPermission = (role: Role, scope: Permission): boolean => {
  const roles: readonly Role[] = PERMISSIONS[scope].roles
  return roles.includes(role)
}

const checkScopes = ({ role, scopes }: GrantDraft): Refused | undefined => {
  const wrong = (scopes ?? []).filter((scope) => !hasPermission(role, scope))
  if (wrong.length === 0) return undefined
  return refuse(
    'INVALID_ARGUMENT',
    `The role ${role} does not have ${wrong.join(', ')}: a token can only be narrowed.`,
    { role, scopes: wrong },
  )
}

const issueToken = (grant: Grant | null, command: CommandOf<'IssueToken'>, stamp: Stamp): GrantDecision => {
  if (grant === null) return refuseMissing(command)
  const { revokedAt, expiresAt } = grant
  if (revokedAt !== null)
    return refuse('FORBIDDEN', 'The grant was revoked. Ask an operator for another one.', { revokedAt })
  if (expiresAt <= stamp.at)
    return refuse('FORBIDDEN', 'The grant has ended. Ask an operator for another one.', { expiresAt })
  if (command.expiresAt > expiresAt)
    return refuse('INVALID_ARGUMENT', `Expected the token to end by ${expiresAt}, as its grant does.`, {
      expiresAt,
    })
  const { jti, expiresAt: end } = command
  const decision = tell(grant, command, stamp, { type: 'token.issued', v: 1, data: { jti, expiresAt: end } })
  return { ...decision, answer: { grantId: grant.id, jti, expiresAt: end } }
}

const revokeGrant = (grant: Grant | null, command: CommandOf<'RevokeGrant'>, stamp: Stamp): GrantDecision => {
  if (grant === null) return refuseMissing(command)
  const { grantId, reason } = command
  if (grant.revokedAt !== null) return accept([], grant, { grantId, expiresAt: grant.expiresAt })
  return tell(grant, command, stamp, { type: 'token.revoked', v: 1, data: { reason, by: getActor(stamp) } })
}

const revokeForeignToken = (
  grant: Grant | null,
  command: CommandOf<'RevokeForeignToken'>,
  stamp: Stamp,
): GrantDecision => {
  const { workspaceId, grantId, issuer, jti, reason } = command
  if (issuer === OWN_ISSUER)
    return refuse('INVALID_ARGUMENT', 'That token was issued here: revoke its grant.', { issuer })
  if (grantId !== makeForeignGrantId(workspaceId, issuer, jti))
    return refuse('INVALID_ARGUMENT', 'The id is not the one of that token.', { grantId, issuer, jti })
  if (grant !== null) return accept([], grant, { grantId, expiresAt: grant.expiresAt })
  return tell(grant, command, stamp, {
    type: 'token.foreign_revoked',
    v: 1,
    data: { issuer, jti, reason, by: getActor(stamp) },
  })
}

const refuseMissing = ({ grantId }: TokenCommand): Refused =>
  refuse('NOT_FOUND', 'There is no such grant.', { grantId })
