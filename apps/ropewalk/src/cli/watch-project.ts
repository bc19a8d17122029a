import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { ItemView } from '@ropewalk/core/contract/api/items'
import type { ProjectDetail } from '@ropewalk/core/contract/api/projects'
import type { ProjectQuestionView } from '@ropewalk/core/contract/api/questions'
import { isTerminalProject } from '@ropewalk/core/project/state'
import { askDecision, sendDecision } from './ask-question.ts'
import { makeAsker, type Asker } from './asker.ts'
import { followEvents } from './follow.ts'
import { describeProjectEvent, noteTitle, type ItemTitles } from './project-lines.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export type WatchProjectOptions = {
  readonly terminal: Terminal
  readonly session: Session
  readonly projectId: string
  readonly isJson: boolean
  /** Whether questions are put to the person at the terminal. */
  readonly mayAsk: boolean
  /** Whether happenings of before are passed over. */
  readonly isOld: boolean
  readonly signal: AbortSignal
}

/** Why the watching ended, and how the project stood then. */
export type WatchedProject = {
  readonly project: ProjectDetail
  readonly outcome: 'ended' | 'waits' | 'interrupted'
  /** What nobody but people can do, where the project waits for that. */
  readonly byHand: readonly ItemView[]
}

/** After these the project is read: it may have ended, or wait for a person. */
const TURNING_POINTS: ReadonlySet<string> = new Set([
  'PROJECT.STATUS_CHANGED',
  'REPORT.FINAL_PUBLISHED',
  'CLARIFICATION.QUESTION_ASKED',
  'CLARIFICATION.QUESTION_CLOSED',
  'HUMAN.APPROVAL_REQUESTED',
  'HUMAN.APPROVAL_SUBMITTED',
])

const PAGE = 200
/** How long nothing has to happen before it is asked whether anybody is there to do what is left. */
const QUIET_MS = 5000
/** A default that is taken within this is waited for; for a later one a person may as well be fetched. */
const SOON_MS = 60_000

const isDecidedSoon = ({ policy, deadlineAt }: ProjectQuestionView): boolean =>
  policy === 'decide' && deadlineAt !== null && Date.parse(deadlineAt) - Date.now() < SOON_MS

/** What happened so far, and the position after it. */
const readPast = async ({
  session,
  projectId,
}: WatchProjectOptions): Promise<{ events: CloudEvent[]; after: number }> => {
  const events: CloudEvent[] = []
  for (let after = 0; ;) {
    const page = await session.call((api) => api.listEvents({ after, project: projectId, limit: PAGE }))
    events.push(...page.items)
    after = page.nextAfter
    if (page.items.length < PAGE) return { events, after }
  }
}

/** Items that only people do, where nothing else goes on. */
const listByHand = async (options: WatchProjectOptions, project: ProjectDetail): Promise<ItemView[]> => {
  const { in_progress: atWork = 0, in_review: inReview = 0, ready = 0 } = project.leaves
  if (project.status !== 'in_progress' || ready === 0 || atWork + inReview > 0) return []
  const { items } = await options.session.call((api) =>
    api.listAllItems({ project: options.projectId, status: 'ready', limit: PAGE }),
  )
  const leaves = items.filter(({ children }) => Object.keys(children).length === 0)
  const isByHand = project.dispatch === 'manual' || leaves.every(({ capability }) => capability === null)
  return isByHand ? leaves : []
}

/** Lines of what happens; kept back while a person is being asked. */
const makeLines = ({ terminal }: WatchProjectOptions) => {
  const kept: string[] = []
  let isAsking = false
  return {
    say: (line: string) => {
      if (isAsking) kept.push(line)
      else terminal.say(line)
    },
    setAsking: (is: boolean) => {
      isAsking = is
      if (!is) for (const line of kept.splice(0)) terminal.say(line)
    },
  }
}
type Lines = ReturnType<typeof makeLines>

const makeProjectAsker = (
  options: WatchProjectOptions,
  lines: Lines,
  decided: Set<string>,
): Asker<ProjectQuestionView> =>
  makeAsker({
    signal: options.signal,
    ask: async (question, signal) => {
      lines.setAsking(true)
      try {
        const decision = await askDecision(options.terminal, question, signal)
        if (decision === undefined) return
        // Noted first: the event may come before the answer to the call.
        decided.add(question.id)
        await options.session.call((api) => sendDecision(api, question.id, decision))
      } finally {
        lines.setAsking(false)
      }
    },
  })

/** What the person at the terminal is asked, or said themselves, needs no line. */
const isOwnWord = (
  { mayAsk }: WatchProjectOptions,
  decided: Set<string>,
  { type, data }: CloudEvent,
): boolean => {
  switch (type) {
    case 'CLARIFICATION.QUESTION_ASKED':
    case 'HUMAN.APPROVAL_REQUESTED':
      return mayAsk
    case 'CLARIFICATION.ANSWER_PROVIDED':
    case 'HUMAN.APPROVAL_SUBMITTED':
      // Once: the next vote on the same question is another person's.
      return decided.delete(String(data['questionId'] ?? ''))
    default:
      return false
  }
}

type Watch = {
  readonly options: WatchProjectOptions
  readonly asker: Asker<ProjectQuestionView>
  project: ProjectDetail
  byHand: readonly ItemView[]
}

/** Reads the project anew, and asks what there is to be asked. Gives whether there is nothing more to wait for. */
const isOver = async (watch: Watch, isQuiet: boolean): Promise<boolean> => {
  const { options } = watch
  watch.project = await options.session.call((api) => api.readProject(options.projectId))
  const { project } = watch
  // A project that has ended well has its report; one that was cancelled has none.
  if (isTerminalProject(project.status) || project.status === 'paused') return true
  // Nothing happens in an empty one before a person adds something.
  if (project.totalItems === 0) return true
  const open = project.questions.filter(({ status }) => status === 'open')
  if (options.mayAsk) for (const question of open) watch.asker.put(question)
  else if (project.status === 'awaiting_input') return open.length === 0 || !open.every(isDecidedSoon)
  if (isQuiet) watch.byHand = await listByHand(options, project)
  return watch.byHand.length > 0
}

/** Looks whether anybody is there to go on when nothing happened for a while; ends `stop` where there is not. */
const watchQuiet = async (
  watch: Watch,
  of: { readonly getLastMs: () => number; readonly stop: AbortController },
): Promise<void> => {
  const { signal } = of.stop
  while (!signal.aborted) {
    try {
      await sleep(QUIET_MS, undefined, { signal })
    } catch {
      // The watching has ended.
      return
    }
    if (performance.now() - of.getLastMs() >= QUIET_MS && (await isOver(watch, true))) of.stop.abort()
  }
}

const withdrawDecided = (asker: Asker<ProjectQuestionView>, { type, data }: CloudEvent): void => {
  const isDecided =
    type === 'CLARIFICATION.ANSWER_PROVIDED' ||
    type === 'CLARIFICATION.QUESTION_CLOSED' ||
    (type === 'HUMAN.APPROVAL_SUBMITTED' && data['decided'] === true)
  if (isDecided) asker.withdraw(String(data['questionId'] ?? ''))
}

/**
 * Follows a project until it has ended, is paused, or goes on only with a person's word, showing what happens on
 * the way. Questions whose default is taken at a deadline are waited for.
 */
export const watchProject = async (options: WatchProjectOptions): Promise<WatchedProject> => {
  const { terminal, session, projectId, isJson } = options
  const titles: ItemTitles = new Map()
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const lines = makeLines(options)
  const decided = new Set<string>()
  const asker = makeProjectAsker({ ...options, signal }, lines, decided)
  const project = await session.call((api) => api.readProject(projectId))
  const watch: Watch = { options: { ...options, signal }, asker, project, byHand: [] }
  const past = options.isOld ? await readPast(options) : { events: [], after: 0 }
  for (const event of past.events) noteTitle(titles, event)
  // A line that breaks in the middle of a word is harder to read than one that ends early.
  const width = terminal.isStderrTerminal ? Math.max(40, (terminal.stderr.columns ?? 80) - 1) : 240
  let lastMs = performance.now()
  const finish = (): WatchedProject => {
    const outcome = options.signal.aborted
      ? 'interrupted'
      : isTerminalProject(watch.project.status)
        ? 'ended'
        : 'waits'
    return { project: watch.project, outcome, byHand: watch.byHand }
  }
  const quiet = watchQuiet(watch, { getLastMs: () => lastMs, stop })
  try {
    if (await isOver(watch, false)) return finish()
    const { getApi, recover } = session
    const follow = { getApi, recover, of: { project: projectId }, after: past.after, signal }
    for await (const event of followEvents(follow)) {
      lastMs = performance.now()
      noteTitle(titles, event)
      withdrawDecided(asker, event)
      if (isJson) terminal.out(JSON.stringify(event))
      else if (!isOwnWord(options, decided, event)) {
        const line = describeProjectEvent({ titles, paint: terminal.paint, width }, event)
        if (line !== undefined) lines.say(line)
      }
      if (TURNING_POINTS.has(event.type) && (await isOver(watch, false))) break
    }
    return finish()
  } finally {
    stop.abort()
    await Promise.all([asker.end(), quiet])
  }
}
