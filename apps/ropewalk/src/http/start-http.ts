import type { Socket } from 'node:net'
import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import type { Engine } from '../engine/contract.ts'
import type { PinnedPlaybook } from '../engine/playbook/read-playbook.ts'
import type { Log } from '../log.ts'
import { makeMetrics, type Metrics } from '../telemetry/metrics.ts'
import type { SigningKeys } from '../store/keys/signing-keys.ts'
import { checkApiToken, makeAuthenticate } from './authenticate.ts'
import { publishTokenKey } from '../engine/identity/publish-key.ts'
import { isStillLive, makeVerifyToken } from '../engine/identity/verify-token.ts'
import { checkExposure, checkIssuer, isOpenToForgery } from './check-exposure.ts'
import { makeFindProxied } from './find-proxied-caller.ts'
import { makeOriginCheck } from './check-origin.ts'
import { HTTP_LIMITS, type DeadLetterDesk, type HttpLimits, type McpDoor, type Readiness } from './context.ts'
import { startEventFeed } from './event-feed.ts'
import { makeApp } from './make-app.ts'
import { makeTaskTokens } from './task-token.ts'

export type HttpOptions = {
  readonly engine: Engine
  readonly deadLetters: DeadLetterDesk
  readonly config: Config
  readonly pinned: PinnedPlaybook
  /** The owner's bearer token; never empty. Tokens of tasks are derived from it. */
  readonly token: string
  readonly keys: SigningKeys
  readonly home: string
  readonly readiness: Readiness
  readonly log: Log
  readonly limits?: Partial<HttpLimits>
  /** What serves `/mcp`; without it there is none. Stopped with the server. */
  readonly mcp?: McpDoor
  /** What requests are counted in; one of its own without it. */
  readonly metrics?: Metrics
}

export type HttpServer = {
  readonly url: string
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Ports tried in turn when nobody named one. */
const PORT_TRIES = 20

/** How often connections that became idle are looked for while we stop. */
const SWEEP_MS = 50

const getPort = (app: FastifyInstance): number => {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Takes the port, and where nobody named one the next free one. Throws CONFLICT when there is none. */
const listen = async (app: FastifyInstance, { host, port, given }: Config): Promise<void> => {
  const last = given.has('port') || port === 0 ? port : Math.min(65_535, port + PORT_TRIES)
  for (let next = port; ; next += 1) {
    try {
      await app.listen({ host, port: next })
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
      if (next >= last) {
        throw new RopewalkError(
          'CONFLICT',
          `Port ${port} of ${host} cannot be had (${code}). Stop what uses it, or set ROPEWALK_PORT to another.`,
          { details: { host, port }, cause: error },
        )
      }
    }
  }
}

/**
 * Connections on which no request was read yet. Browsers open some ahead of need, and Node does not count
 * them as idle: they would hold up the end until their headers are overdue.
 */
const trackSilent = (app: FastifyInstance): ReadonlySet<Socket> => {
  const silent = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }) => silent.delete(socket))
  return silent
}

const makeUrl = (host: string, port: number): string => {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/**
 * Starts the HTTP API. Throws INVALID_ARGUMENT for a token that guards nothing, CONFLICT when the port is
 * taken. `stop` refuses new requests, lets those in hand finish for a while and ends the event streams.
 */
export const startHttp = async (options: HttpOptions): Promise<HttpServer> => {
  const { engine, config, token, log } = options
  checkApiToken(token)
  checkExposure(config, token)
  checkIssuer(config)
  if (isOpenToForgery(config.authJwksUrl))
    log.warn(
      { address: config.authJwksUrl },
      'the keys of the token issuer are fetched without TLS: who can change what is sent on the way can make tokens',
    )
  await publishTokenKey(engine, options.home)
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const metrics = options.metrics ?? makeMetrics()
  const taskTokens = makeTaskTokens(token)
  const feed = startEventFeed(engine, limits.pollMs)
  let stopping: Promise<void> | undefined
  let port = 0
  const { deadLetters, pinned, keys, home, readiness } = options
  const mcp = options.mcp ?? null
  const getBaseUrl = (): string => config.publicUrl?.replace(/\/+$/u, '') ?? makeUrl(config.host, port)
  const app = await makeApp(
    {
      engine,
      deadLetters,
      config,
      pinned,
      keys,
      home,
      readiness,
      log,
      limits,
      feed,
      taskTokens,
      metrics,
      mcp,
      getBaseUrl,
    },
    {
      checkOpen: () => {
        if (stopping !== undefined)
          throw new RopewalkError('DRAINING', 'This process is stopping; try again soon.')
      },
      checkOrigin: makeOriginCheck(config.host, () => port, config.publicUrl),
      authenticate: makeAuthenticate({
        apiToken: token,
        taskTokens,
        workspaceId: config.workspace,
        verifyToken: makeVerifyToken({ engine, config }),
        isLive: (caller) => isStillLive(engine, caller),
        findProxied: makeFindProxied(config.trustedProxies ?? [], config.workspace),
      }),
    },
  )
  try {
    await listen(app, config)
  } catch (error) {
    feed.stop()
    await Promise.all([app.close(), mcp?.stop()])
    throw error
  }
  port = getPort(app)
  const silent = trackSilent(app)
  const url = makeUrl(config.host, port)
  log.info({ address: url }, 'the API listens')
  const stop = async (): Promise<void> => {
    const closeIdle = (): void => {
      app.server.closeIdleConnections()
      for (const socket of silent) if (socket.bytesRead === 0) socket.destroy()
    }
    feed.stop()
    // A connection whose last answer was on its way when we closed becomes idle only later.
    const sweep = setInterval(closeIdle, SWEEP_MS)
    const cut = setTimeout(() => {
      app.server.closeAllConnections()
    }, limits.drainMs)
    try {
      // Its streams are requests that the server waits for.
      await Promise.all([app.close(), mcp?.stop()])
    } finally {
      clearInterval(sweep)
      clearTimeout(cut)
    }
  }
  return { url, port, stop: () => (stopping ??= stop()) }
}
