import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { text as readText } from 'node:stream/consumers'
import type { RunDetail } from '@ropewalk/core/contract/api/runs'
import type { RunRequest } from '@ropewalk/core/contract/run-request'
import { RopewalkError } from '@ropewalk/core/errors'
import { isTerminalRun } from '@ropewalk/core/run/state'
import type { Config } from '../../config.ts'
import type { Api } from '../api.ts'
import { confirm } from '../ask.ts'
import { checkServerPlaybook } from '../check-server-playbook.ts'
import { connectToLive } from '../connect.ts'
import { sayInterrupted } from '../interrupted-runs.ts'
import { landRun } from '../land-run.ts'
import { findOrigin, noteOrigin } from '../origins.ts'
import { withInterrupt, type Interrupt } from '../interrupts.ts'
import { printPlan } from '../plan-text.ts'
import { runPreflight } from '../preflight.ts'
import {
  findRepository,
  layOutRepository,
  sendRepository,
  type FoundRepository,
  type RepoFlags,
} from '../repository.ts'
import { getRunExit, printResult, readResult, type RunResult } from '../result.ts'
import { settleRun } from '../settle-run.ts'
import { ALL_ROLES } from '../roles.ts'
import { openSession, type Session } from '../session.ts'
import { canAsk, openLog, readSettings, type CommonFlags } from '../settings.ts'
import { clip, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { watchRun } from '../watch-run.ts'

export type RunFlags = CommonFlags &
  RepoFlags & {
    readonly budget?: number
    readonly clarification?: 'human' | 'autonomous' | 'hybrid'
    readonly deadline?: number
    readonly unconfined?: boolean
    readonly title?: string
    /** Also spelled --hold. */
    readonly approve?: boolean
    readonly hold?: boolean
    readonly detach?: boolean
    readonly ideaFile?: string
    /** Show the plan and run nothing. */
    readonly dryRun?: boolean
  }

/** Seconds until a question takes its default where nobody is there to answer, and where somebody is. */
const UNATTENDED_SECONDS = 3
const ATTENDED_SECONDS = 600

/** The idea from the command line, a file, or standard input (`-`). */
export const readIdea = async (
  terminal: Terminal,
  words: readonly string[],
  flags: RunFlags,
): Promise<string> => {
  const given = words.join(' ').trim()
  if (given !== '' && flags.ideaFile !== undefined) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'two ideas were given',
      why: 'one on the command line and one by --idea-file',
      next: 'Leave one of them out.',
    })
  }
  if (given !== '') return given
  if (flags.ideaFile === '-') return (await readText(terminal.stdin)).trim()
  if (flags.ideaFile !== undefined) {
    try {
      return readFileSync(path.resolve(terminal.cwd, flags.ideaFile), 'utf8').trim()
    } catch (cause) {
      throw makeTrouble({
        code: 'INVALID_ARGUMENT',
        what: `cannot read the idea from ${flags.ideaFile}`,
        why: cause instanceof Error ? cause.message : String(cause),
        next: 'Name a readable file, or - for standard input.',
        cause,
      })
    }
  }
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: 'no idea was given',
    why: 'a run needs one, in words or from a file',
    next: './ropewalk run "a link shortener with click counts"',
  })
}

const getDeadlineSeconds = (config: Config, isAttended: boolean, flags: RunFlags): number => {
  if (config.questionDeadlineSeconds !== undefined) return config.questionDeadlineSeconds
  const hasMode = flags.clarification !== undefined || config.given.has('clarification')
  return isAttended || hasMode ? ATTENDED_SECONDS : UNATTENDED_SECONDS
}

export const makeRequest = (
  idea: string,
  config: Config,
  isAttended: boolean,
  flags: RunFlags,
): Omit<RunRequest, 'repo'> => ({
  idea,
  ...(flags.title === undefined ? {} : { title: flags.title }),
  budgetUsd: config.budgetUsd,
  clarification: config.clarification,
  questionDeadlineSeconds: getDeadlineSeconds(config, isAttended, flags),
  unconfined: config.unconfined,
  hold: flags.hold === true || flags.approve === true,
})

/** What is said when a run is left before its end. */
const sayKept = (terminal: Terminal, runId: string, isOwn: boolean): void => {
  terminal.say('')
  terminal.say(
    isOwn
      ? `The run is kept; what was done stays done. Go on with: ./ropewalk runs resume ${runId}`
      : `The run goes on in the server of this home. Look at it with: ./ropewalk runs resume ${runId}`,
  )
}

/** What a person can do about a run that stands still. */
const sayHowToGoOn = (terminal: Terminal, run: RunDetail): void => {
  if (run.status === 'paused' && run.pauseReason === 'budget') {
    terminal.say(`The budget of ${run.money.capUsd} USD is used up; nothing more was spent.`)
    terminal.say(`  next: ./ropewalk runs resume ${run.id} --budget USD`)
  } else if (run.status === 'paused') {
    terminal.say(`The run is paused.\n  next: ./ropewalk runs resume ${run.id}`)
  } else if (run.status === 'awaiting_human') {
    terminal.say('The run waits for a person:')
    for (const question of run.questions) terminal.say(`  ${question.id}  ${clip(question.text, 100)}`)
    terminal.say(`  next: ./ropewalk answer QUESTION "…", then ./ropewalk runs resume ${run.id}`)
  } else if (run.status === 'planned') {
    terminal.say(`The run waits for approval.\n  next: ./ropewalk runs resume ${run.id}`)
  } else if (run.status === 'failed') {
    terminal.say(`  next: ./ropewalk runs retry ${run.id}, or ./ropewalk logs ${run.id} to see what happened`)
  }
}

/**
 * Puts the work of a run that went well on a branch of the repository it was started from here. A branch that
 * cannot be set is told and takes nothing from the run.
 */
const withBranch = async (
  { terminal, home }: Pick<FollowToEnd, 'terminal' | 'home'>,
  run: RunDetail,
  result: RunResult,
): Promise<RunResult> => {
  if (run.repo === null) return result
  const folder = findOrigin(home, run.id)
  const howTo = `./ropewalk runs export ${run.id} --branch NAME --repo PATH`
  if (run.status !== 'succeeded' || result.dossier === null || folder === undefined) {
    if (isTerminalRun(run.status)) terminal.say(`No branch was made. ${howTo} puts what was accepted on one.`)
    return { ...result, repo: null }
  }
  try {
    const landed = await landRun({ home, dossier: result.dossier, folder, branch: undefined })
    return { ...result, repo: landed }
  } catch (error) {
    if (!(error instanceof RopewalkError)) throw error
    terminal.say(`The work was not put on a branch: ${error.message}\n  next: ${howTo}`)
    return { ...result, repo: null }
  }
}

export type FollowToEnd = {
  readonly terminal: Terminal
  readonly session: Session
  readonly interrupt: Interrupt
  readonly flags: CommonFlags
  readonly home: string
  readonly isOld: boolean
  /** Questions are left to their deadlines although somebody sits at the terminal. */
  readonly leavesQuestions?: boolean
}

/** Follows a run to its end in the foreground and prints the result. Gives the exit code. */
export const followToEnd = async (of: FollowToEnd, runId: string): Promise<number> => {
  const { terminal, session, interrupt, flags } = of
  const { run, isInterrupted } = await watchRun({
    terminal,
    session,
    runId,
    isJson: flags.json === true,
    mayAsk: of.leavesQuestions !== true && canAsk(terminal, flags),
    stopsAtHuman: flags.input === false,
    isOld: of.isOld,
    signal: interrupt.signal,
  })
  if (isInterrupted) {
    sayKept(terminal, runId, session.isOwn())
    return EXIT.interrupted
  }
  const result = await withBranch(of, run, await readResult(session, run))
  if (flags.json === true) terminal.out(JSON.stringify(result))
  else printResult(terminal, run, result)
  sayHowToGoOn(terminal, run)
  if (isTerminalRun(run.status)) await settleRun(session, of.home, run)
  return getRunExit(run)
}

const startDetached = async (
  terminal: Terminal,
  config: Config,
  asked: Asked,
  flags: RunFlags,
): Promise<number> => {
  const api: Api = await connectToLive(config.home)
  const request = await withRepository(api, config.home, asked)
  await checkServerPlaybook(config, await api.plan(request))
  const { runId } = await api.startRun(request, randomUUID())
  if (asked.found !== undefined) noteOrigin(config.home, runId, asked.found.repository.root)
  if (flags.json === true) terminal.out(JSON.stringify({ type: 'run', runId }))
  else terminal.out(runId)
  terminal.say(`Started. Look at it with: ./ropewalk runs resume ${runId}`)
  return EXIT.ok
}

/** What a run is to be about: the request, and the repository it starts from, not yet sent. */
type Asked = {
  readonly request: Omit<RunRequest, 'repo'>
  readonly found: FoundRepository | undefined
}

const withRepository = async (
  api: Pick<Api, 'uploadBundle'>,
  home: string,
  { request, found }: Asked,
): Promise<RunRequest> =>
  found === undefined ? request : { ...request, repo: await sendRepository(api, home, found) }

/** Asks before money is spent, where there is somebody to ask; the offline model costs nothing. */
const isApproved = async (
  terminal: Terminal,
  session: Session,
  runId: string,
  flags: RunFlags,
): Promise<boolean> => {
  if (flags.hold !== true && flags.approve !== true) return true
  const isYes =
    flags.yes === true || (canAsk(terminal, flags) && (await confirm(terminal, 'Start this run?')))
  if (isYes) await session.call((api) => api.signal(runId, { signal: 'resume' }))
  return isYes
}

export type RunOutcome = { readonly exit: number; readonly config: Config }

type Foreground = {
  readonly terminal: Terminal
  readonly session: Session
  readonly interrupt: Interrupt
  readonly flags: RunFlags
  readonly home: string
  readonly config: Config
  /** What the caller asked for, where they did; a running server has its own. */
  readonly models: readonly string[] | undefined
}

/** Plan, start, follow. */
const runInForeground = async (of: Foreground, asked: Asked): Promise<number> => {
  const { terminal, session, interrupt, flags } = of
  const isQuiet = flags.json === true
  await sayInterrupted(terminal, session)
  const request = await session.call((api) => withRepository(api, of.home, asked))
  const plan = await session.call((api) => api.plan(request))
  await checkServerPlaybook(of.config, plan)
  if (!isQuiet) printPlan(terminal.say, plan, 'short')
  if (of.models !== undefined && plan.models.join() !== of.models.join())
    terminal.say(
      `  ! the running server works with ${plan.models.join(', ')}; what you chose holds after its next start`,
    )
  if (interrupt.signal.aborted) return EXIT.interrupted
  const key = randomUUID()
  const { runId } = await session.call((api) => api.startRun(request, key))
  if (asked.found !== undefined) noteOrigin(of.home, runId, asked.found.repository.root)
  if (isQuiet) terminal.out(JSON.stringify({ type: 'run', runId }))
  else terminal.say(`\nrun ${runId}\n`)
  if (await isApproved(terminal, session, runId, flags)) return followToEnd({ ...of, isOld: false }, runId)
  const run = await session.call((api) => api.readRun(runId))
  if (isQuiet) terminal.out(JSON.stringify(await readResult(session, run)))
  sayHowToGoOn(terminal, run)
  return getRunExit(run)
}

/** Preflight, plan, run, result. `idea` is already known. */
export const runIdea = async (terminal: Terminal, idea: string, flags: RunFlags): Promise<RunOutcome> => {
  const config = await readSettings(terminal, flags, {
    budgetUsd: flags.budget,
    clarification: flags.clarification,
    questionDeadlineSeconds: flags.deadline,
    unconfined: flags.unconfined,
  })
  const found = await findRepository(terminal, config.home, flags)
  const asked: Asked = { request: makeRequest(idea, config, canAsk(terminal, flags), flags), found }
  if (flags.detach === true) return { exit: await startDetached(terminal, config, asked, flags), config }
  await runPreflight(terminal, config, flags.json === true)
  if (found !== undefined && flags.json !== true) terminal.say(`${layOutRepository(found).join('\n')}\n`)
  const models = config.given.has('models') ? config.models : undefined
  const exit = await inForeground(terminal, config, (session, interrupt) =>
    runInForeground({ terminal, session, interrupt, flags, home: config.home, config, models }, asked),
  )
  return { exit, config }
}

/** A session of a command that does the work itself where no server lives; closed in order whatever comes. */
export const inForeground = (
  terminal: Terminal,
  config: Config,
  work: (session: Session, interrupt: Interrupt) => Promise<number>,
): Promise<number> =>
  withInterrupt(async (interrupt) => {
    const session = await openSession({
      config,
      log: await openLog(config),
      roles: ALL_ROLES,
      onWait: makeWaitNote(terminal),
      onStart: () => {
        terminal.say('starting the database and a worker')
      },
    })
    try {
      return interrupt.signal.aborted ? EXIT.interrupted : await work(session, interrupt)
    } finally {
      await session.close()
    }
  })

/** Says once that another process of this home is bringing the database up. */
export const makeWaitNote = (terminal: Terminal): ((waitedMs: number) => void) => {
  let isSaid = false
  return (waitedMs) => {
    if (isSaid || waitedMs < 1000) return
    isSaid = true
    terminal.say('waiting for the database of this home, which another process is starting')
  }
}

export const run = async (terminal: Terminal, words: readonly string[], flags: RunFlags): Promise<number> => {
  if (flags.dryRun === true) {
    const { plan } = await import('./plan.ts')
    return plan(terminal, words, flags)
  }
  return (await runIdea(terminal, await readIdea(terminal, words, flags), flags)).exit
}
