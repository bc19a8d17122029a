import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { Config } from '../../config.ts'
import { findLiveServer } from '../connect.ts'
import type { Interrupt } from '../interrupts.ts'
import { printPlan } from '../plan-text.ts'
import { runPreflight } from '../preflight.ts'
import type { Session } from '../session.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { listShown } from './demo-shown.ts'
import { followToEnd, inForeground, type RunOutcome } from './run.ts'

/** Small enough for a minute, and with something to keep, find and change. */
const IDEA = 'a recipe box for a family of five'

/** The project whose playbook leaves a first draft incomplete and declares a waiver. */
const PROJECT = path.resolve(import.meta.dirname, '../../../../../examples/demo')
const MAIN = path.resolve(import.meta.dirname, '../../main.ts')

/** How long a question waits, in seconds. */
const DEADLINE = 3
/** How long the tasks of the worker that is killed wait for it, in seconds; whoever takes over has the usual time. */
const LEASE = 5
const POLL_MS = 200
const START_MS = 60_000

const refuseBeside = async ({ home }: Config): Promise<void> => {
  if ((await findLiveServer(home)) === undefined) return
  throw makeTrouble({
    code: 'CONFLICT',
    what: 'a server of this home is running',
    why: 'the demo kills the server it works with, and that shall not be yours',
    next: 'End it first, or give the demo a home of its own: ./ropewalk demo --home DIR',
  })
}

/** A server with a worker, as a process of its own, so that it can be killed. Resolves once it answers. */
const startServer = async (terminal: Terminal, { home }: Config): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [MAIN, 'up', '--json', '--port', '0', '--model', 'offline'], {
    cwd: PROJECT,
    env: { ...terminal.env, ROPEWALK_HOME: home, ROPEWALK_LEASE: String(LEASE) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line))
  const isUp = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(() => true),
    once(child, 'exit').then(() => false),
    sleep(START_MS, false, { ref: false }),
  ])
  if (isUp) return child
  child.kill('SIGKILL')
  throw makeTrouble({
    code: 'INTERNAL',
    what: 'the demo could not start its server',
    why: errors.slice(-3).join(' ') || 'it did not answer',
    next: 'Run ./ropewalk doctor to look for the cause.',
  })
}

const stopServer = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Kills the server with SIGKILL once code is being written. Whether it did. */
const killInBuild = async (
  { terminal, session, interrupt }: Parts,
  runId: string,
  child: ChildProcess,
): Promise<boolean> => {
  for (;;) {
    await sleep(POLL_MS)
    if (interrupt.signal.aborted || child.exitCode !== null) return false
    const run = await session.call((api) => api.readRun(runId))
    const build = run.phases.find(({ phase }) => phase === 'build')
    if (build?.status === 'pending' && run.endedAt === null) continue
    if (build?.status !== 'running') return false
    terminal.say('')
    terminal.say(`demo: kill -9 ${String(child.pid)}, the server and its worker, in the middle of the build`)
    child.kill('SIGKILL')
    terminal.say('demo: this command takes the run up where the last commit left it')
    return true
  }
}

const PAGE = 200

const listAll = async (session: Session, runId: string): Promise<readonly CloudEvent[]> => {
  const events: CloudEvent[] = []
  for (let after = 0; ;) {
    const from = after
    const page = await session.call((api) => api.listEvents({ after: from, run: runId, limit: PAGE }))
    events.push(...page.items)
    after = page.nextAfter
    if (page.items.length < PAGE) return events
  }
}

type Parts = { readonly terminal: Terminal; readonly session: Session; readonly interrupt: Interrupt }

const walk = async (
  parts: Parts,
  config: Config,
  flags: CommonFlags,
  child: ChildProcess,
): Promise<number> => {
  const { terminal, session } = parts
  const isQuiet = flags.json === true
  const request = {
    idea: IDEA,
    budgetUsd: 0,
    clarification: 'hybrid',
    questionDeadlineSeconds: DEADLINE,
    unconfined: config.unconfined,
    hold: false,
  } as const
  const plan = await session.call((api) => api.plan(request))
  if (!isQuiet) printPlan(terminal.say, plan, 'short')
  const { runId } = await session.call((api) =>
    api.startRun(request, `demo-${String(process.pid)}-${String(Date.now())}`),
  )
  if (isQuiet) terminal.out(JSON.stringify({ type: 'run', runId }))
  else terminal.say(`\nrun ${runId}\n`)
  const killing = killInBuild(parts, runId, child)
  const exit = await followToEnd(
    { ...parts, flags, home: config.home, isOld: false, leavesQuestions: true },
    runId,
  )
  const wasKilled = await killing
  const shown = listShown(await listAll(session, runId), wasKilled)
  terminal.say(['', 'What you have seen:', ...shown.map((line) => `  - ${line}`)].join('\n'))
  return exit
}

/**
 * The first walk: a sample idea through all phases by the offline model, with two questions that policy decides,
 * a gate that refuses and a round that mends, a waiver, a kill -9 in the middle and what comes of it.
 */
export const demo = async (terminal: Terminal, flags: CommonFlags): Promise<RunOutcome> => {
  const at: Terminal = { ...terminal, cwd: PROJECT }
  const config = await readSettings(at, flags, { models: 'offline' })
  await refuseBeside(config)
  await runPreflight(at, config, flags.json === true)
  terminal.say(`The demo takes "${IDEA}" through all phases: no key, no cost, about a minute.\n`)
  const child = await startServer(at, config)
  try {
    const exit = await inForeground(at, config, (session, interrupt) =>
      interrupt.signal.aborted
        ? Promise.resolve(EXIT.interrupted)
        : walk({ terminal: at, session, interrupt }, config, flags, child),
    )
    return { exit, config }
  } finally {
    await stopServer(child)
  }
}
