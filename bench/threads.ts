// How soon a message is there for those who wait for it: one process writes, another reads, on one database.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { sha256 } from '../packages/core/src/canonical.ts'
import { AgentId, ThreadId, WorkspaceId } from '../packages/core/src/ids.ts'
import { makeId } from '../apps/ropewalk/src/engine/runs/make-id.ts'
import { startEngine, type RunningEngine } from '../apps/ropewalk/src/engine/start.ts'
import { makeLog } from '../apps/ropewalk/src/log.ts'
import { migrate } from '../apps/ropewalk/src/store/migrate.ts'
import type { DatabaseUrls } from '../apps/ropewalk/src/store/open.ts'
import { ROLES } from '../apps/ropewalk/src/store/roles.ts'
import { makeRoleUrl } from '../apps/ropewalk/src/store/urls.ts'

const WORKSPACE = WorkspaceId.parse('default')
const THREADS = 100
const PARTICIPANTS = 20
/** Of all threads together: in each, somebody writes every five seconds. */
const MESSAGES_PER_SECOND = 20
const SECONDS = 30
const WAIT_MS = 50_000

/** Far beyond what is written here: what is measured is not the guard against spam. */
const LIMITS = { messagesPerMinute: 1_000_000, wakesPerMinute: 10, turns: 1_000_000, sameFindings: 3 }

export type ThreadFigures = {
  readonly messages: number
  readonly seen: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

const agents = Array.from({ length: PARTICIPANTS }, (_, index) => AgentId.parse(`agent-${index + 1}`))

const getNowMs = (): number => performance.timeOrigin + performance.now()

type Job = { readonly databaseUrls: DatabaseUrls; readonly threadIds: readonly ThreadId[] }

const openEngine = (databaseUrls: DatabaseUrls): Promise<RunningEngine> =>
  startEngine({ databaseUrls, log: makeLog({ level: 'error' }) })

const prepareDatabase = async (adminUrl: string): Promise<DatabaseUrls> => {
  const passwords = {
    writer: randomBytes(24).toString('base64url'),
    reader: randomBytes(24).toString('base64url'),
  }
  await migrate({ adminUrl, passwords })
  return {
    writer: makeRoleUrl(adminUrl, ROLES.writer, passwords.writer),
    reader: makeRoleUrl(adminUrl, ROLES.reader, passwords.reader),
  }
}

const createThread = async (engine: RunningEngine): Promise<ThreadId> => {
  const threadId = ThreadId.parse(makeId())
  await engine.submit(
    {
      type: 'CreateThread',
      workspaceId: WORKSPACE,
      threadId,
      agentId: AgentId.parse('owner'),
      role: 'operator',
      title: 'bench',
      threadType: 'conversation',
      participants: agents.map((agentId) => ({ agentId, role: null })),
      subject: { runId: null, itemId: null },
    },
    { by: { kind: 'person', id: 'bench' } },
  )
  return threadId
}

const post = async (engine: RunningEngine, threadId: ThreadId, agentId: AgentId): Promise<void> => {
  const body = String(getNowMs())
  await engine.submit(
    {
      type: 'PostMessage',
      workspaceId: WORKSPACE,
      threadId,
      agentId,
      role: 'participant',
      sessionId: null,
      kind: 'chat',
      body,
      digest: sha256(body),
      bytes: body.length,
      metadata: {},
      eventType: null,
      finding: null,
      fix: null,
      to: { kind: 'all' },
      inReplyTo: null,
      ttlMs: null,
      limits: LIMITS,
    },
    { by: { kind: 'agent', id: agentId } },
  )
}

/** The other process: writes at an even pace until its time is over, and says how much it wrote. */
const write = async ({ databaseUrls, threadIds }: Job): Promise<void> => {
  const engine = await openEngine(databaseUrls)
  const count = MESSAGES_PER_SECOND * SECONDS
  const startedAt = performance.now()
  for (let index = 0; index < count; index += 1) {
    await sleep(Math.max(0, startedAt + (index * 1000) / MESSAGES_PER_SECOND - performance.now()))
    const [threadId, agentId] = [threadIds[index % THREADS], agents[(index * 7) % PARTICIPANTS]]
    if (threadId !== undefined && agentId !== undefined) await post(engine, threadId, agentId)
  }
  await engine.stop()
}

/** One who takes part: waits, reads what is new, and notes how old it was when it was there. */
const listen = async (
  engine: RunningEngine,
  threadId: ThreadId,
  agentId: AgentId,
  of: { readonly signal: AbortSignal; readonly ages: number[] },
): Promise<void> => {
  let sinceSeq = 0
  const at = { workspaceId: WORKSPACE, threadId }
  while (!of.signal.aborted) {
    const newest = await engine.waitForThread({ ...at, sinceSeq, timeoutMs: WAIT_MS, signal: of.signal })
    if (newest <= sinceSeq) continue
    for (const message of await engine.readMessages({ ...at, sinceSeq, limit: 200 })) {
      sinceSeq = message.seq
      if (message.sender !== agentId) of.ages.push(getNowMs() - Number(message.body))
    }
  }
}

const getQuantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

const runWriter = (job: Job): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['writer'], { stdio: 'inherit' })
    child.send(job)
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`the writer of the bench ended with ${code}`))
    })
  })

/**
 * Milliseconds from just before a message is submitted until each of the others in its thread, who all wait, has it
 * in hand. `adminUrl` is the owner's, of an empty database.
 */
export const measureThreads = async (adminUrl: string): Promise<ThreadFigures> => {
  const databaseUrls = await prepareDatabase(adminUrl)
  const engine = await openEngine(databaseUrls)
  const threadIds = await Promise.all(Array.from({ length: THREADS }, () => createThread(engine)))
  const end = new AbortController()
  const ages: number[] = []
  const listeners = threadIds.flatMap((threadId) =>
    agents.map((agentId) => listen(engine, threadId, agentId, { signal: end.signal, ages })),
  )
  await runWriter({ databaseUrls, threadIds })
  await sleep(1000)
  end.abort()
  await Promise.all(listeners)
  await engine.stop()
  const sorted = ages.toSorted((a, b) => a - b)
  return {
    messages: MESSAGES_PER_SECOND * SECONDS,
    seen: sorted.length,
    p50Ms: getQuantile(sorted, 0.5),
    p95Ms: getQuantile(sorted, 0.95),
    p99Ms: getQuantile(sorted, 0.99),
  }
}

/** One sentence for the page: what was measured, and what came of it. */
export const formatThreads = (of: ThreadFigures): string => {
  const expected = of.messages * (PARTICIPANTS - 1)
  const round = (ms: number): string => ms.toFixed(1)
  return `**Threads**: ${THREADS} active threads of ${PARTICIPANTS} participants, all waiting; one process writes ${MESSAGES_PER_SECOND} messages a second, another reads. From the submission of a message to its being in the hands of each of the others: p50 ${round(of.p50Ms)} ms, p95 ${round(of.p95Ms)} ms, p99 ${round(of.p99Ms)} ms (${of.seen.toLocaleString('en-US')} of ${expected.toLocaleString('en-US')} seen).`
}

if (process.argv[2] === 'writer' && process.argv[1] === fileURLToPath(import.meta.url)) {
  const job = await new Promise<Job>((resolve) => {
    process.once('message', (message) => {
      // Sent by `runWriter` above, by a process of the same program.
      resolve(message as Job)
    })
  })
  await write(job)
  process.disconnect()
}
