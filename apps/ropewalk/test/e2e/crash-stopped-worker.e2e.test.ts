import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunDetail } from '@ropewalk/core/contract/api/runs'
import type { AttemptView, TaskSummary } from '@ropewalk/core/contract/api/tasks'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import {
  BEST_VERDICT,
  CONFINEMENT,
  makeProgramHome,
  type ProgramHome,
  type Started,
} from '../support/program.ts'

/** Seconds; the shorter, the sooner the successor begins. */
const LEASE = { ROPEWALK_LEASE: '2', ROPEWALK_LOG_LEVEL: 'info' }

let program: ProgramHome
let serverUrl: string

const waitFor = async <T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  everyMs = 50,
): Promise<T> => {
  const end = performance.now() + 60_000
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (performance.now() > end)
      throw new Error(`Waited a minute in vain for ${what}.\n${program.getWritten().slice(-4000)}`)
    await sleep(everyMs)
  }
}

const read = async <T>(address: string): Promise<T> => {
  const token = readFileSync(path.join(program.home, 'keys', 'api-token'), 'utf8').trim()
  const answer = await fetch(new URL(address, serverUrl), { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status).toBe(200)
  return (await answer.json()) as T
}

type TaskDetail = TaskSummary & { readonly attempts: readonly AttemptView[] }
const readTask = (taskId: string) => read<TaskDetail>(`/v1/tasks/${taskId}`)

const list = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** The folders of checkouts in which somebody works at this moment, one for each task. */
const listCheckouts = (runId: string): readonly string[] => {
  const folder = path.join(program.home, 'worktrees', 'default', runId)
  return list(folder).map((taskId) => path.join(folder, taskId))
}

const startWorker = (): Started => program.start(['worker', '--json'], LEASE)

beforeAll(async () => {
  program = await makeProgramHome('short')
  const server = program.start(['serve', '--json'], LEASE)
  const line = await waitFor('the server', () => server.getStdout().split('\n')[0] || undefined)
  serverUrl = (JSON.parse(line) as { url: string }).url
})
afterAll(async () => {
  await program.remove()
})

/** Stops a worker while it has a checkout; gives the folder of its task. */
const stopAtWork = (worker: Started, runId: string): Promise<string> =>
  waitFor(
    'a task with a checkout',
    async () => {
      const [folder] = listCheckouts(runId)
      if (folder === undefined || !existsSync(path.join(folder, '1'))) return undefined
      worker.child.kill('SIGSTOP')
      const { status } = await readTask(path.basename(folder))
      if (status === 'running') return folder
      // It was just done when it was stopped: the next one, then.
      worker.child.kill('SIGCONT')
      return undefined
    },
    3,
  )

it('a worker that was stopped past its lease is refused when it wakes, and does not touch its successor', async () => {
  const first = startWorker()
  // A process that stands still would not hear that it is to end.
  onTestFinished(() => {
    first.child.kill('SIGCONT')
  })
  const started = await program.run([
    'run',
    'a link shortener with click counts',
    '--detach',
    '--json',
    ...CONFINEMENT,
  ])
  expect(started.exit, started.stderr).toBe(0)
  const { runId } = JSON.parse(started.stdout.split('\n')[0] ?? '') as { runId: string }
  const folder = await stopAtWork(first, runId)
  const taskId = path.basename(folder)
  expect(list(folder)).toEqual(['1'])

  const second = startWorker()
  await waitFor('the successor’s checkout', () => (existsSync(path.join(folder, '2')) ? true : undefined), 3)
  // Both are there, side by side; the one who wakes must clear away its own only.
  expect(list(folder).toSorted()).toEqual(['1', '2'])
  first.child.kill('SIGCONT')

  const task = await waitFor('the task’s end', async () => {
    const found = await readTask(taskId)
    return found.status === 'completed' ? found : undefined
  })
  expect(task.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'lost'],
    [2, 'completed'],
  ])
  const pids = task.attempts.map(({ worker }) => Number(worker.split('/')[1]))
  expect(pids).toEqual([first.child.pid, second.child.pid])
  await waitFor('the first worker to clear its checkout away', () =>
    existsSync(path.join(folder, '1')) ? undefined : true,
  )
  const run = await waitFor('the end of the run', async () => {
    const found = await read<RunDetail>(`/v1/runs/${runId}`)
    return found.status === 'succeeded' || found.status === 'failed' ? found : undefined
  })
  expect(run).toMatchObject({ status: 'succeeded', verdict: BEST_VERDICT })
  // The one that woke is none the worse for it.
  expect(first.child.exitCode).toBeNull()
})
