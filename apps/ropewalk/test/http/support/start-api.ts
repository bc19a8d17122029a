import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { WorkspaceId } from '@ropewalk/core/ids'
import { makeBuses } from '../../../src/bus/buses.ts'
import { makeDeadLetterDesk, type DeadLetterDesk } from '../../../src/bus/dead-letters.ts'
import { readConfig, type Config } from '../../../src/config.ts'
import type { RunningEngine } from '../../../src/engine/start.ts'
import type { PinnedTemplate } from '../../../src/engine/playbook/load-backlogs.ts'
import { startEngine } from '../../../src/engine/start.ts'
import type { HttpLimits, McpDoor } from '../../../src/http/context.ts'
import { startHttp } from '../../../src/http/start-http.ts'
import { makeLog, type Log } from '../../../src/log.ts'
import { openSigningKeys } from '../../../src/store/keys/signing-keys.ts'
import { createTestDatabase } from '../../support/postgres.ts'
import { makeTestPlaybook } from './playbook.ts'

export const API_TOKEN = 'owner-token-of-the-tests'
export const WORKSPACE = WorkspaceId.parse('default')

export type Answered = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined where it is not JSON. */
  readonly json: unknown
}

export type Ask = {
  readonly method?: string
  readonly body?: unknown
  readonly raw?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
  /** Null: none at all. */
  readonly token?: string | null
}

export type TestApi = {
  readonly url: string
  readonly port: number
  readonly home: string
  readonly engine: RunningEngine
  readonly deadLetters: DeadLetterDesk
  readonly ask: (path: string, options?: Ask) => Promise<Answered>
  readonly stop: () => Promise<void>
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const makeAsk =
  (url: string): TestApi['ask'] =>
  async (target, options = {}) => {
    const token = options.token === undefined ? API_TOKEN : options.token
    const hasJson = options.body !== undefined
    const response = await fetch(`${url}${target}`, {
      method: options.method ?? (hasJson || options.raw !== undefined ? 'POST' : 'GET'),
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(hasJson ? { 'content-type': 'application/json' } : {}),
        ...options.headers,
      },
      ...(hasJson ? { body: JSON.stringify(options.body) } : {}),
      ...(options.raw === undefined ? {} : { body: options.raw }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  }

/** The API on an engine, a database and a home of their own. Call `stop` in `afterAll`. */
export const startApi = async (
  limits: Partial<HttpLimits> = {},
  settings: Readonly<Record<string, unknown>> = {},
  templates: readonly PinnedTemplate[] = [],
  makeMcp?: (of: { readonly engine: RunningEngine; readonly config: Config; readonly log: Log }) => McpDoor,
): Promise<TestApi> => {
  const home = await mkdtemp(path.join(tmpdir(), 'ropewalk-http-'))
  const database = await createTestDatabase()
  const log = makeLog({ level: 'error' })
  const engine = await startEngine({
    databaseUrls: { writer: database.urlFor('ropewalk_writer'), reader: database.urlFor('ropewalk_reader') },
    log,
  })
  const config = readConfig({ HOME: home }, { flags: { home, port: 0, ...settings }, cwd: home })
  const buses = makeBuses({ config, store: engine.store, log })
  const deadLetters = makeDeadLetterDesk({ store: engine.store, openBus: buses.get, log })
  const http = await startHttp({
    engine,
    deadLetters,
    config,
    pinned: { ...makeTestPlaybook(), templates },
    token: API_TOKEN,
    keys: openSigningKeys(home),
    home,
    readiness: async () => {
      await engine.listRuns(WORKSPACE, { limit: 1 })
    },
    log,
    limits,
    ...(makeMcp === undefined ? {} : { mcp: makeMcp({ engine, config, log }) }),
  })
  return {
    url: http.url,
    port: http.port,
    home,
    engine,
    deadLetters,
    ask: makeAsk(http.url),
    stop: async () => {
      await http.stop()
      await buses.close()
      await engine.stop()
      await database.drop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
