import type { Role, TokenKind } from '@ropewalk/core/access/roles'
import { CreateTokenRequest, type GrantView } from '@ropewalk/core/contract/api/tokens'
import { GrantId } from '@ropewalk/core/ids'
import { listAll, type Api } from '../api.ts'
import { pickId } from '../backlog-ref.ts'
import type { CommonFlags } from '../settings.ts'
import { clean, clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200

const KIND = { of: 'grant', seeOthers: './ropewalk token list --all' } as const

export type CreateFlags = CommonFlags & {
  readonly agent: string
  readonly role: Role
  readonly kind?: TokenKind
  readonly scope?: readonly string[]
  readonly expires?: number
  readonly ttl?: number
  readonly session?: string
  readonly name?: string
}

/** What was asked for with which flag, and within which bounds; what is missing here is told by the contract. */
const FLAGS: Readonly<Record<string, { readonly flag: string; readonly expected?: string }>> = {
  agentId: { flag: '--agent' },
  scopes: { flag: '--scope', expected: 'expected names of permissions, such as threads:read,threads:write' },
  sessionId: { flag: '--session' },
  ttlSeconds: {
    flag: '--ttl',
    expected: 'expected 60s to 30d; a token can be renewed for as long as --expires says',
  },
  grantSeconds: { flag: '--expires', expected: 'expected 60s to 366d' },
  name: { flag: '--name' },
}

const makeRequest = (flags: CreateFlags) => {
  const { agent, role, kind, scope, expires, ttl, session, name } = flags
  const parsed = CreateTokenRequest.safeParse({
    agentId: agent,
    role,
    // The role operator is a person's, and there is no other whom it could be meant for.
    kind: kind ?? (role === 'operator' ? 'operator' : 'agent'),
    name,
    scopes: scope,
    sessionId: session,
    ttlSeconds: ttl,
    grantSeconds: expires,
  })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const about = FLAGS[String(issue?.path[0])]
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: `there can be no such token: ${about?.flag ?? 'request'}: ${about?.expected ?? issue?.message ?? ''}`,
    why: 'names, times and scopes have bounds',
    next: './ropewalk token create --help',
  })
}

/** Makes a token; it alone goes to standard output, so that it can be piped, and is told this once. */
export const create = (terminal: Terminal, flags: CreateFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const request = makeRequest(flags)
    const issued = await api.createToken(request)
    if (flags.json === true) terminal.out(JSON.stringify(issued))
    else {
      terminal.out(issued.token)
      const renewable =
        issued.renewableUntil === issued.expiresAt ? '' : `; it can be renewed until ${issued.renewableUntil}`
      terminal.say(
        `For ${request.agentId} as ${request.role}, good until ${issued.expiresAt}${renewable}.\n` +
          `It is not shown again. Take it back with: ./ropewalk token revoke ${issued.grantId} --reason WHY`,
      )
    }
    return EXIT.ok
  })

const getStanding = ({ revokedAt, expiresAt }: GrantView): string => {
  if (revokedAt !== null) return 'revoked'
  return Date.parse(expiresAt) <= Date.now() ? 'ended' : `until ${expiresAt.slice(0, 10)}`
}

const getLine = (grant: GrantView): string[] => [
  grant.id.slice(-12),
  clip(grant.agentId, 30),
  grant.role,
  grant.kind,
  getStanding(grant),
  grant.scopes === null ? 'all of its role' : clip(grant.scopes.join(' '), 40),
  clip(clean(grant.name), 30),
]

const isUsable = ({ revokedAt, expiresAt }: GrantView): boolean =>
  revokedAt === null && Date.parse(expiresAt) > Date.now()

export type ListFlags = CommonFlags & { readonly all?: boolean }

/** For whom there are tokens, the newest first; also what was revoked or has ended with `--all`. */
export const list = (terminal: Terminal, flags: ListFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const all = await Array.fromAsync(listAll((cursor) => api.listTokens({ limit: PAGE, cursor })))
    const grants = flags.all === true ? all : all.filter(isUsable)
    if (flags.json === true) terminal.out(JSON.stringify({ items: grants }))
    else if (grants.length === 0)
      terminal.say('There are no tokens. Make one with: ./ropewalk token create --agent NAME --role ROLE')
    else
      terminal.out(
        makeTable([['ID', 'AGENT', 'ROLE', 'KIND', 'GOOD', 'SCOPES', 'NAME'], ...grants.map(getLine)]),
      )
    return EXIT.ok
  })

const resolve = async (api: Api, text: string): Promise<string> => {
  if (GrantId.safeParse(text).success) return text
  const grants = await Array.fromAsync(listAll((cursor) => api.listTokens({ limit: PAGE, cursor })))
  return pickId(
    KIND,
    text.toLowerCase(),
    grants.map(({ id }) => id),
  )
}

export type RevokeFlags = CommonFlags & { readonly reason: string; readonly issuer?: string }

/** Ends a grant and all its tokens at once; with `issuer` one token of that issuer, by its `jti`. */
export const revoke = (terminal: Terminal, reference: string, flags: RevokeFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const { issuer, reason } = flags
    const told =
      issuer === undefined
        ? await api.revokeToken(await resolve(api, reference), reason)
        : await api.revokeForeignToken({ issuer, jti: reference, reason })
    if (flags.json === true) terminal.out(JSON.stringify(told))
    else
      terminal.say(
        issuer === undefined
          ? 'Revoked. Every token under it is refused from now on.'
          : `Revoked. That token of ${clean(issuer)} is refused from now on.`,
      )
    return EXIT.ok
  })

export type RotateFlags = CommonFlags & { readonly reason: string; readonly retireOlder?: boolean }

/** Signs tokens with a new key from now on. */
export const rotateKey = (terminal: Terminal, flags: RotateFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const { reason, retireOlder = false } = flags
    const told = await api.rotateTokenKey({ reason, retireOlder })
    if (flags.json === true) terminal.out(JSON.stringify(told))
    else
      terminal.say(
        `Key ${told.kid.slice(0, 16)} signs from now on. ` +
          (told.retired.length === 0
            ? 'Tokens signed before go on to be good.'
            : `${told.retired.length} older ${told.retired.length === 1 ? 'key is' : 'keys are'} retired: within 5 s no token signed before is good any more.`),
      )
    return EXIT.ok
  })
