import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { DeadLetterSummary } from '@ropewalk/core/contract/api/dead-letters'
import type { ItemView } from '@ropewalk/core/contract/api/items'
import type { ProjectDetail, StartProjectRequest } from '@ropewalk/core/contract/api/projects'
import type { Upload } from '@ropewalk/core/contract/item'
import { makeProgramHome, type ProgramHome, type Started } from '../support/program.ts'
import { noteSeenEvents } from '../support/seen-events.ts'

export const INVOICES = path.resolve(import.meta.dirname, '../../../../examples/backlog/invoices.csv')
export const REQUEST = 'reduce the time the support team loses on invoices, hourly rate 40'
/** The seven of System A, each of them a process where a test says so. */
export const CAPABILITIES = [
  'time_waste',
  'cost',
  'friction',
  'scenario',
  'requirements_manager',
  'dev',
  'test',
] as const

/** Slower machines than ours are waited for; nothing here takes this long by itself. */
const PATIENCE_MS = 90_000

export const waitFor = async <T>(
  find: () => Promise<T | undefined | false> | T | undefined | false,
  what: string | (() => string),
  patienceMs = PATIENCE_MS,
): Promise<T> => {
  for (const until = performance.now() + patienceMs; performance.now() < until; await sleep(150)) {
    const found = await find()
    if (found !== undefined && found !== false) return found
  }
  throw new Error(`within ${patienceMs / 1000} s there was no ${typeof what === 'string' ? what : what()}`)
}

/** A process of a house that can be killed and started again: `serve`, `relay`, `worker cost`, `up`. */
export type Part = {
  readonly name: string
  readonly pid: number
  readonly kill: () => Promise<void>
  /** SIGTERM, and it ends in order. */
  readonly stop: () => Promise<void>
  readonly restart: () => Promise<void>
}

type Answer<T> = { readonly status: number; readonly body: T }

/** Ropewalk of one home as several processes, and what talks to it. */
export type BacklogHouse = {
  readonly program: ProgramHome
  readonly parts: ReadonlyMap<string, Part>
  /** Starts one more process and waits until it is ready. */
  readonly add: (name: string, args?: readonly string[]) => Promise<Part>
  /** With the owner's token, unless another is given. */
  readonly ask: <T>(method: string, at: string, body?: unknown, token?: string) => Promise<Answer<T>>
  /** The body of an answer that has to be good. */
  readonly send: <T>(method: string, at: string, body?: unknown) => Promise<T>
  /** The body of an answer that has to be good; asks again while the server is away. */
  readonly get: <T>(at: string) => Promise<T>
  readonly upload: () => Promise<Upload>
  readonly startProject: (request: Partial<StartProjectRequest>) => Promise<string>
  readonly readProject: (id: string) => Promise<ProjectDetail>
  readonly waitForProject: (
    id: string,
    isThere: (project: ProjectDetail) => boolean,
  ) => Promise<ProjectDetail>
  readonly listItems: (projectId: string) => Promise<readonly ItemView[]>
  /** All events of a project, or of everything, after a position. Their types count as seen. */
  readonly readEvents: (projectId?: string, from?: number) => Promise<readonly CloudEvent[]>
  readonly listDeadLetters: () => Promise<readonly DeadLetterSummary[]>
  readonly remove: () => Promise<void>
}

/** The one line that a process with --json prints when it is ready. */
const waitUntilReady = async (started: Started, name: string): Promise<Readonly<Record<string, unknown>>> => {
  const line = await Promise.race([
    waitFor(() => started.getStdout().includes('\n') && started.getStdout().split('\n')[0], `ready ${name}`),
    started.ended.then(({ exit, stderr }) => {
      throw new Error(`${name} ended with ${String(exit)} before it was ready:\n${stderr}`)
    }),
  ])
  return JSON.parse(line) as Readonly<Record<string, unknown>>
}

const end = async ({ child }: Started, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill(signal)
  await closed
}

/** A house without any process yet; `env` are settings that all its processes share. */
export const makeBacklogHouse = async (env: Readonly<Record<string, string>>): Promise<BacklogHouse> => {
  const program = await makeProgramHome('short')
  const parts = new Map<string, Part>()
  const at = { url: '' }

  const add: BacklogHouse['add'] = async (name, args = name.split(' ')) => {
    let started: Started | undefined
    const restart = async () => {
      started = program.start([...args, '--json'], env)
      const { url } = await waitUntilReady(started, name)
      if (typeof url === 'string') at.url = url
    }
    await restart()
    const part: Part = {
      name,
      get pid() {
        return started?.child.pid ?? 0
      },
      restart,
      kill: async () => {
        if (started !== undefined) await end(started, 'SIGKILL')
      },
      stop: async () => {
        if (started !== undefined) await end(started, 'SIGTERM')
      },
    }
    parts.set(name, part)
    return part
  }

  const readToken = () => readFileSync(path.join(program.home, 'keys', 'api-token'), 'utf8').trim()
  const ask = async <T>(
    method: string,
    to: string,
    body?: unknown,
    token = readToken(),
  ): Promise<Answer<T>> => {
    const isCsv = Buffer.isBuffer(body)
    const response = await fetch(new URL(to, at.url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': isCsv ? 'text/csv' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isCsv ? new Uint8Array(body) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    return { status: response.status, body: (await response.json()) as T }
  }

  const send = async <T>(method: string, to: string, body?: unknown): Promise<T> => {
    const { status, body: answer } = await ask<T>(method, to, body)
    if (status >= 300) throw new Error(`${method} ${to}: ${status} ${JSON.stringify(answer).slice(0, 1000)}`)
    return answer
  }

  // A server that was killed, or whose database moves, is back in a moment; a refusal stays one.
  const get = <T>(to: string): Promise<T> =>
    waitFor(async () => {
      try {
        const { status, body } = await ask<T>('GET', to)
        if (status < 300) return body
        if (status < 500) throw new Error(`GET ${to}: ${status} ${JSON.stringify(body).slice(0, 1000)}`)
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('GET ')) throw error
      }
      return undefined
    }, `answer to GET ${to}`)

  const readAll = async <T>(to: string): Promise<readonly T[]> => {
    const all: T[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: { items: T[]; nextCursor: string | null } = await get(`${to}?limit=200${more}`)
      all.push(...page.items)
      cursor = page.nextCursor
    }
    return all
  }

  const readProject: BacklogHouse['readProject'] = (id) => get(`/v1/projects/${id}`)

  return {
    program,
    parts,
    add,
    ask,
    send,
    get,
    upload: async () => {
      const answer = await send<Upload>('POST', '/v1/uploads?name=invoices.csv', readFileSync(INVOICES))
      const { name, digest, recordsDigest, rows } = answer
      return { name, digest, recordsDigest, rows }
    },
    startProject: async (request) => {
      const { projectId } = await send<{ projectId: string }>('POST', '/v1/projects', {
        request: REQUEST,
        ...request,
      })
      return projectId
    },
    readProject,
    waitForProject: async (id, isThere) => {
      let last: ProjectDetail | undefined
      return waitFor(
        async () => {
          last = await readProject(id)
          return isThere(last) && last
        },
        () => `project as wanted; it is ${JSON.stringify(last)}`,
      )
    },
    listItems: (projectId) => readAll(`/v1/projects/${projectId}/items`),
    readEvents: async (projectId, from = 0) => {
      const all: CloudEvent[] = []
      const of = projectId === undefined ? '' : `&project=${projectId}`
      for (let after = from; ;) {
        const page = await get<{ items: CloudEvent[]; nextAfter: number }>(
          `/v1/events?limit=200&after=${after}${of}`,
        )
        all.push(...page.items)
        if (page.items.length === 0) break
        after = page.nextAfter
      }
      noteSeenEvents(all)
      return all
    },
    listDeadLetters: () => readAll('/v1/dead-letters'),
    remove: async () => {
      // What came after the server, all at once: none of them has the database to itself.
      const [, ...others] = [...parts.values()]
      await Promise.all(others.map((part) => part.stop()))
      await program.remove()
    },
  }
}
