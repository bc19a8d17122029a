import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Notification } from '@ropewalk/core/contract/notification'
import { QuestionId, WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeNotifier, type NotifierOptions, type NotifySettings } from '../../src/notify/notifier.ts'
import { makeNotificationBook } from '../../src/store/notifications.ts'
import { startTimers } from '../../src/timers/start-timers.ts'
import { makeLog } from '../../src/log.ts'
import { makePhaseOf } from '../engine/support/plans.ts'
import {
  PERSON,
  WORKSPACE,
  claimOne,
  complete,
  makeUuid,
  startRun,
  startStage,
  waitUntil,
  type Stage,
} from '../engine/support/stage.ts'
import { startReceiver, type Receiver } from './support/receiver.ts'

let stage: Stage
let dir = ''
const receivers: Receiver[] = []
beforeAll(async () => {
  stage = await startStage()
  dir = mkdtempSync(path.join(tmpdir(), 'notifier-'))
})
afterEach(async () => {
  await stage.shiftTime('0')
  for (const receiver of receivers.splice(0)) await receiver.stop()
})
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await stage.stop()
})

const receive = async (...args: Parameters<typeof startReceiver>): Promise<Receiver> => {
  const receiver = await startReceiver(...args)
  receivers.push(receiver)
  return receiver
}

type Lines = { readonly level: string; readonly facts: object; readonly message: string }[]

const makeOne = (settings: Partial<NotifySettings>, more: Partial<NotifierOptions> = {}) => {
  const lines: Lines = []
  const note = (level: string) => (facts: object, message: string) => lines.push({ level, facts, message })
  const notifier = makeNotifier({
    book: makeNotificationBook(stage.engine.store),
    settings: { notifyAllowPrivate: true, hookEnvironment: {}, ...settings },
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    serverUrl: 'http://127.0.0.1:18080',
    ...more,
  })
  return { lines, notify: (id: QuestionId, effectId: string) => notifier.notify(WORKSPACE, id, effectId) }
}

const ASKED = {
  text: 'Which currency?',
  category: 'clarification',
  priority: 'high',
  decisionImpact: 'All amounts.',
  defaultAnswer: 'Euro',
} as const

/** Puts questions through a run, as an agent does, and gives their ids, oldest first. */
const ask = async (
  count = 1,
  clarification: 'human' | 'hybrid' | 'autonomous' = 'hybrid',
): Promise<readonly QuestionId[]> => {
  await startRun(stage.engine, makePhaseOf(1, 'sequential', { clarification }))
  const task = await claimOne(stage.engine)
  await complete(stage.engine, task, { questions: Array.from({ length: count }, () => ({ ...ASKED })) })
  const rows = await stage.query<{ id: string }>(
    'SELECT id FROM ropewalk.questions WHERE run_id = $1 ORDER BY created_at, id',
    [task.runId],
  )
  return rows.map(({ id }) => QuestionId.parse(id))
}

const askOne = async (): Promise<QuestionId> => QuestionId.parse((await ask())[0])

const rowsOf = (questionId: QuestionId) =>
  stage.query<{ channel: string; status: string; attempt: number; effect_id: string; reason: string | null }>(
    'SELECT channel, status, attempt, effect_id, reason FROM ropewalk.notifications WHERE question_id = $1 ORDER BY 1',
    [questionId],
  )

describe('a question that waits', () => {
  test('is told once through every channel, with what a person needs to answer it', async () => {
    const { url: notifyWebhook, received } = await receive()
    const out = path.join(dir, 'told')
    writeFileSync(path.join(dir, 'hook.sh'), `#!/bin/sh\n/bin/cat >> ${out}\n`, { mode: 0o755 })
    const one = makeOne({
      notifyWebhook,
      notifyCommand: [path.join(dir, 'hook.sh')],
      publicUrl: 'https://ropewalk.example.com/',
    })
    const id = await askOne()
    await Promise.allSettled([one.notify(id, 'effect-1'), one.notify(id, 'effect-1')])
    await one.notify(id, 'effect-2')
    expect(received).toHaveLength(1)
    expect(received[0]?.headers['idempotency-key']).toBe('effect-1')
    const told = Notification.parse(JSON.parse(received[0]?.body ?? ''))
    expect(told).toMatchObject({
      type: 'question',
      id,
      version: 1,
      workspace: 'default',
      project: null,
      risk: 'high',
      default: 'Euro',
      link: `https://ropewalk.example.com/ui/questions/${id}`,
    })
    expect(told.text).toContain('Which currency?')
    expect(told.text).toContain(`./ropewalk answer ${id}`)
    expect(Date.parse(told.deadline ?? '')).toBeGreaterThan(Date.parse(told.at))
    const lines = readFileSync(out, 'utf8').trim().split('\n')
    expect(lines.map((line) => Notification.parse(JSON.parse(line)))).toEqual([told])
    expect(await rowsOf(id)).toMatchObject([
      { channel: 'command', status: 'sent', attempt: 1 },
      { channel: 'webhook', status: 'sent', attempt: 1, effect_id: 'effect-1' },
    ])
  })

  test('is told by the effect that opened it, and one that is decided at once tells nobody', async () => {
    const { url: notifyWebhook, received } = await receive()
    const { engine } = stage
    const notifier = makeNotifier({
      book: makeNotificationBook(engine.store),
      settings: { notifyWebhook, notifyAllowPrivate: true, hookEnvironment: {} },
      log: makeLog({ level: 'silent' }),
      serverUrl: 'http://127.0.0.1:18080',
    })
    const timers = await startTimers({
      engine,
      log: makeLog({ level: 'silent' }),
      doers: {
        ...notifier,
        signHead: () => Promise.resolve(),
        buildDossier: () => Promise.resolve(),
      },
    })
    try {
      const ids = await ask(2)
      await waitUntil('both are told', () => Promise.resolve(received.length >= 2))
      await ask(1, 'autonomous')
      await sleep(1500)
      const told = received.map(({ body }) => (JSON.parse(body) as { id: string }).id)
      expect(told.toSorted()).toEqual([...ids].toSorted())
      const jobs = await stage.query<{ id: string }>(
        "SELECT id FROM pgboss.job WHERE name = 'notify-question'",
      )
      const keys = received.map(({ headers }) => headers['idempotency-key'])
      expect(jobs.map(({ id }) => id)).toEqual(expect.arrayContaining(keys))
    } finally {
      await timers.stop()
    }
  })

  test('of a project names its items, and is told again once it was escalated', async () => {
    const { url: notifyWebhook, received } = await receive()
    const one = makeOne({ notifyWebhook })
    const [id, projectId, itemId] = [makeUuid(), makeUuid(), makeUuid()]
    const questionId = QuestionId.parse(id)
    await stage.query(
      `INSERT INTO ropewalk.questions (workspace_id, id, project_id, item_ids, kind, asked_by, text, category, priority,
         decision_impact, default_answer, status, version, created_at, risk, policy)
       VALUES ('default', $1, $2, $3, 'approval', 'planner', 'Approve?', 'validation', 'low', 'All.', 'approve', 'open',
         1, ropewalk.now(), 'high', 'escalate')`,
      [id, projectId, JSON.stringify([itemId])],
    )
    await one.notify(questionId, 'effect-1')
    await stage.query(
      'UPDATE ropewalk.questions SET version = 2, escalated_at = ropewalk.now() WHERE id = $1',
      [id],
    )
    await one.notify(questionId, 'effect-2')
    await one.notify(questionId, 'effect-2')
    const told = received.map(({ body }) => Notification.parse(JSON.parse(body)))
    expect(told).toMatchObject([
      {
        type: 'approval',
        version: 1,
        run: null,
        project: projectId,
        items: [itemId],
        risk: 'high',
        deadline: null,
      },
      { type: 'escalation', version: 2, project: projectId, items: [itemId], default: 'approve' },
    ])
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(['effect-1', 'effect-2'])
  })

  test('is tried again after a passing failure, not before it is due, under the same key and with the same body', async () => {
    const { url: notifyWebhook, received } = await receive((response, count) => {
      response.writeHead(count < 3 ? 503 : 204, count === 2 ? { 'retry-after': '60' } : {}).end()
    })
    const one = makeOne({ notifyWebhook })
    const id = await askOne()
    await expect(one.notify(id, 'effect-1')).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
    await expect(one.notify(id, 'effect-1')).rejects.toThrowError(/not before/u)
    expect(received).toHaveLength(1)
    await stage.shiftTime('3 seconds')
    await expect(one.notify(id, 'effect-1')).rejects.toThrowError(/503/u)
    await stage.shiftTime('60 seconds')
    await expect(one.notify(id, 'effect-1')).rejects.toThrowError(/not before/u)
    await stage.shiftTime('90 seconds')
    await one.notify(id, 'effect-9')
    expect(received.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'effect-1',
      'effect-1',
      'effect-1',
    ])
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    expect(await rowsOf(id)).toMatchObject([{ status: 'sent', attempt: 3 }])
    expect(one.lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'info'])
  })

  test('is given up after a final answer, once, and no log names the address', async () => {
    const { url: notifyWebhook, received } = await receive((response) => response.writeHead(404).end())
    const one = makeOne({ notifyWebhook, notifyWebhookSecret: 'a secret of some length' })
    const id = await askOne()
    await one.notify(id, 'effect-1')
    await one.notify(id, 'effect-1')
    expect(received).toHaveLength(1)
    expect(await rowsOf(id)).toMatchObject([{ status: 'failed', reason: 'it answered 404' }])
    expect(one.lines).toMatchObject([
      { level: 'error', facts: { reason: 'it answered 404', channel: 'webhook' } },
    ])
    expect(JSON.stringify(one.lines)).not.toMatch(/T0KEN|a secret/u)
  })

  test('is not told once it was decided, nor when there is no channel or no such question', async () => {
    const { url: notifyWebhook, received } = await receive()
    const id = await askOne()
    await makeOne({}).notify(id, 'effect-1')
    await stage.engine.submit(
      {
        type: 'AnswerQuestion',
        workspaceId: WORKSPACE,
        runId: (
          await stage.query<{ run_id: never }>('SELECT run_id FROM ropewalk.questions WHERE id = $1', [id])
        )[0]?.run_id as never,
        questionId: id,
        answer: 'Dollar',
      },
      { by: PERSON },
    )
    await makeOne({ notifyWebhook }).notify(id, 'effect-1')
    await makeOne({ notifyWebhook }).notify(QuestionId.parse(makeUuid()), 'effect-2')
    expect(received).toHaveLength(0)
    expect(await rowsOf(id)).toEqual([])
  })

  test('on the list of another workspace is not to be seen', async () => {
    const id = await askOne()
    const book = makeNotificationBook(stage.engine.store)
    expect(await book.findQuestion(WorkspaceId.parse('other'), id)).toBeUndefined()
    expect(await book.findQuestion(WORKSPACE, id)).toMatchObject({ id, status: 'open' })
  })
})

type Running = {
  tell(asked: readonly { questionId: QuestionId; effectId: string }[]): Promise<readonly string[]>
  kill(): void
}

const startProcess = async (url: string): Promise<Running> => {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'fixtures/notify-process.ts'), stage.urls.writer, stage.urls.reader, url],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  await waitUntil('the process is ready', () => Promise.resolve(said.startsWith('ready')))
  return {
    tell: async (asked) => {
      child.stdin.end(JSON.stringify(asked))
      await ended
      return JSON.parse(said.split('\n')[1] || '[]') as string[]
    },
    kill: () => child.kill('SIGKILL'),
  }
}

describe('several processes', () => {
  test('that are told of the same questions at the same time send each once', async () => {
    const { url, received } = await receive((response) => setTimeout(() => response.writeHead(204).end(), 20))
    const ids = [...(await ask(2)), ...(await ask(2)), ...(await ask(2))]
    const processes = await Promise.all([startProcess(url), startProcess(url), startProcess(url)])
    const asked = ids.map((questionId) => ({ questionId, effectId: `effect-of-${questionId}` }))
    const told = await Promise.all(processes.map((one) => one.tell([...asked, ...asked])))
    expect(told.flat()).toHaveLength(ids.length * 6)
    // Who comes second either finds it sent or is to come again; nobody sends twice.
    expect(new Set(told.flat())).toEqual(new Set(['done', 'AGENT_UNREACHABLE']))
    const keys = received.map(({ headers }) => headers['idempotency-key'])
    expect(keys.toSorted()).toEqual(asked.map(({ effectId }) => effectId).toSorted())
  }, 30_000)

  test('of which one dies between sending and noting it: another sends again, under the same key', async () => {
    const victims: Running[] = []
    const { url, received } = await receive((response, count) => {
      if (count === 1) victims[0]?.kill()
      else response.writeHead(204).end()
    })
    const id = await askOne()
    const victim = await startProcess(url)
    victims.push(victim)
    await victim.tell([{ questionId: id, effectId: 'effect-1' }])
    expect(received).toHaveLength(1)
    const one = makeOne({ notifyWebhook: url })
    await expect(one.notify(id, 'effect-1')).rejects.toThrowError(/not before/u)
    await stage.shiftTime('25 seconds')
    await one.notify(id, 'effect-1')
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(['effect-1', 'effect-1'])
    expect(received[1]?.body).toBe(received[0]?.body)
    expect(await rowsOf(id)).toMatchObject([{ status: 'sent', attempt: 2 }])
  }, 30_000)
})
