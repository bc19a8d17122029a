import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeMcpDoor } from '../../src/mcp/make-door.ts'
import { API_TOKEN, startApi, type TestApi } from '../http/support/start-api.ts'
import { makeFixtureServer } from './support/fixture-server.ts'
import { startTokenProxy, type TokenProxy } from './support/token-proxy.ts'

const SUITE = path.dirname(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'),
)

/** Each exchange with the suite is a process of its own; the slowest scenarios wait some seconds on purpose. */
const SUITE_MS = 180_000

const NO_TASKS =
  'The tasks extension (SEP-2663) is none of the protocol, and no client we know uses it: long work here is claimed with claim_task.'

/** What the suite runs without counting it, and why this server has nothing of it. All else must pass. */
const NOT_APPLICABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2025-11-25': {},
  '2026-07-28': {
    'tasks-lifecycle': NO_TASKS,
    'tasks-capability-negotiation': NO_TASKS,
    'tasks-wire-fields': NO_TASKS,
    'tasks-request-state-removal': NO_TASKS,
    'tasks-mrtr-input': NO_TASKS,
    'tasks-request-headers': NO_TASKS,
    'tasks-dispatch-and-envelope': NO_TASKS,
    'tasks-status-notifications': NO_TASKS,
    'tasks-required-task-error': NO_TASKS,
    'tasks-mrtr-composition': NO_TASKS,
  },
}

const Check = z.looseObject({ id: z.string(), status: z.string(), errorMessage: z.string().optional() })
const Required = z.looseObject({ server: z.array(z.string()) })

const listRequired = (revision: string): readonly string[] =>
  Required.parse(parse(readFileSync(path.join(SUITE, 'requirements', `${revision}.yaml`), 'utf8'))).server

let api: TestApi
let proxy: TokenProxy
let results: string

beforeAll(async () => {
  api = await startApi({}, {}, [], ({ log }) => makeMcpDoor({ log, makeServer: makeFixtureServer }))
  proxy = await startTokenProxy({ port: api.port, token: API_TOKEN })
  results = await mkdtemp(path.join(tmpdir(), 'ropewalk-conformance-'))
})

afterAll(async () => {
  await proxy.stop()
  await api.stop()
  await rm(results, { recursive: true, force: true })
})

const runSuite = (revision: string, dir: string): Promise<string> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [
        path.join(SUITE, 'dist', 'index.js'),
        'server',
        ...['--url', `${proxy.url}/mcp`, '--requirements', revision, '--output-dir', dir],
      ],
      { timeout: SUITE_MS, maxBuffer: 64 * 1024 * 1024, env: { PATH: process.env['PATH'] ?? '' } },
      // How it ended is judged by what it wrote for each scenario.
      (_error, stdout, stderr) => {
        resolve(`${stdout}\n${stderr}`)
      },
    )
  })

/** What failed, by scenario; a scenario without failures has an empty list. */
const readResults = (dir: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    readdirSync(dir).map((folder) => {
      const checks = z
        .array(Check)
        .parse(JSON.parse(readFileSync(path.join(dir, folder, 'checks.json'), 'utf8')))
      const failed = checks.filter(({ status }) => status === 'FAILURE')
      const scenario = folder.replace(/^server-/u, '').replace(/-\d{4}-\d{2}-\d{2}T.*$/u, '')
      return [scenario, failed.map(({ id, errorMessage }) => `${id}: ${errorMessage ?? ''}`)]
    }),
  )

describe.each(['2025-11-25', '2026-07-28'])('the official conformance suite at %s', (revision) => {
  test(
    'passes every scenario that the revision requires of a server',
    async () => {
      const dir = path.join(results, revision)
      const said = await runSuite(revision, dir)
      const seen = readResults(dir)
      const required = listRequired(revision)
      expect(
        required.filter((scenario) => !seen.has(scenario)),
        said,
      ).toEqual([])
      const failed = [...seen].filter(([, failures]) => failures.length > 0)
      expect(
        failed.filter(([scenario]) => NOT_APPLICABLE[revision]?.[scenario] === undefined),
        said,
      ).toEqual([])
      expect(
        Object.keys(NOT_APPLICABLE[revision] ?? {}).filter((scenario) => required.includes(scenario)),
      ).toEqual([])
    },
    SUITE_MS,
  )
})
