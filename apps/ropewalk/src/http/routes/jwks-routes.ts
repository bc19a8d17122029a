import { PERMISSIONS } from '@ropewalk/core/access/permissions'
import { PROBLEM_TYPE, Problem } from '@ropewalk/core/contract/api/problem'
import { ResourceMetadata, TokenKeySet } from '@ropewalk/core/contract/api/tokens'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { HttpContext } from '../context.ts'
import { Nothing } from '../route.ts'

/** Long enough to spare us, short enough that a key which is retired is not believed for long elsewhere. */
const MAX_AGE_SECONDS = 300

/** A route that tells everybody the same, and that anybody may keep for a while. */
const addPublicRoute = <A extends z.ZodType>(
  app: FastifyInstance,
  route: {
    readonly path: string
    readonly name: string
    readonly about: string
    readonly answer: A
    readonly read: () => z.input<A> | Promise<z.input<A>>
  },
): void => {
  app.get(
    route.path,
    {
      config: { operation: route.name },
      schema: {
        operationId: route.name,
        summary: route.about,
        security: [],
        querystring: Nothing,
        response: {
          200: route.answer,
          default: { description: 'What went wrong.', content: { [PROBLEM_TYPE]: { schema: Problem } } },
        },
      },
    },
    async (_request, reply) => {
      const answer = await route.read()
      void reply.header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`)
      return answer
    },
  )
}

/** Where a client that was refused learns of the resource it asked for (RFC 9728, section 3). */
export const METADATA_PATH = '/.well-known/oauth-protected-resource'

const isUrl = (issuer: string | undefined): issuer is string =>
  issuer !== undefined && /^https?:\/\//u.test(issuer) && URL.canParse(issuer)

/** The keys that tokens are verified with, and what MCP clients are told of where tokens come from. */
export const addJwksRoutes = (app: FastifyInstance, { engine, config, getBaseUrl }: HttpContext): void => {
  addPublicRoute(app, {
    path: '/.well-known/jwks.json',
    name: 'readTokenKeys',
    about: 'Public keys of the tokens that are issued here (RFC 7517).',
    answer: TokenKeySet,
    read: async () => {
      const keys = await engine.listTokenKeys()
      return { keys: keys.filter(({ retiredAt }) => retiredAt === null).map(({ jwk }) => ({ ...jwk })) }
    },
  })
  const { authIssuer } = config
  const makeMetadata = (path: string): ResourceMetadata => ({
    resource: `${getBaseUrl()}${path}`,
    resource_name: 'Ropewalk',
    ...(isUrl(authIssuer) ? { authorization_servers: [authIssuer] } : {}),
    bearer_methods_supported: ['header'],
    scopes_supported: Object.keys(PERMISSIONS),
  })
  for (const [path, name, about] of [
    ['', 'readResourceMetadata', 'Where tokens for this server come from (RFC 9728).'],
    ['/mcp', 'readMcpMetadata', 'The same for MCP clients.'],
  ] as const)
    addPublicRoute(app, {
      path: `${METADATA_PATH}${path}`,
      name,
      about,
      answer: ResourceMetadata,
      read: () => makeMetadata(path),
    })
}
