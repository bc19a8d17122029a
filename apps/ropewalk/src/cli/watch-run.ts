import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { QuestionView } from '@ropewalk/core/contract/api/questions'
import type { RunDetail } from '@ropewalk/core/contract/api/runs'
import { hasCode } from '@ropewalk/core/errors'
import { askLine, layOutQuestion } from './ask.ts'
import { makeAsker, type Asker } from './asker.ts'
import { followEvents } from './follow.ts'
import { applyEvent, makeProgress } from './progress.ts'
import { makeProgressView, type ProgressView } from './progress-view.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export type WatchOptions = {
  readonly terminal: Terminal
  readonly session: Session
  readonly runId: string
  readonly isJson: boolean
  /** Whether questions are put to the person at the terminal. */
  readonly mayAsk: boolean
  /** Whether a run that waits for a person is left waiting: nobody here will answer. */
  readonly stopsAtHuman: boolean
  /** Whether happenings of before are passed over, as when an old run is taken up again. */
  readonly isOld: boolean
  readonly signal: AbortSignal
}

/** Why the watching ended, and how the run stood then. */
export type Watched = { readonly run: RunDetail; readonly isInterrupted: boolean }

/** After these the state is read: the run may have ended, or stand still until somebody acts. */
const TURNING_POINTS: ReadonlySet<string> = new Set([
  'run.succeeded',
  'run.failed',
  'run.cancelled',
  'run.paused',
  'run.awaiting_human',
])

/** A run that failed has ended when its dossier is there; one that goes well tells its end after the dossier. */
const isTurningPoint = (type: string, status: RunDetail['status']): boolean =>
  TURNING_POINTS.has(type) || (type === 'dossier.published' && status === 'failed')

/** A dossier takes seconds; a failed run whose dossier cannot be built is told all the same. */
const DOSSIER_MS = 60_000

const PAGE = 200

/** What happened so far, and the position after it. */
const readPast = async ({
  session,
  runId,
}: WatchOptions): Promise<{ events: CloudEvent[]; after: number }> => {
  const events: CloudEvent[] = []
  for (let after = 0; ;) {
    const page = await session.call((api) => api.listEvents({ after, run: runId, limit: PAGE }))
    events.push(...page.items)
    after = page.nextAfter
    if (page.items.length < PAGE) return { events, after }
  }
}

/** Puts a run's questions to the person, and hands in what they answer. */
const makeRunAsker = (options: WatchOptions, view: ProgressView): Asker<QuestionView> => {
  /** Hands an answer in; false where it is none that the question takes. */
  const submit = async (question: QuestionView, answer: string): Promise<boolean> => {
    try {
      await options.session.call((api) => api.answer(question.id, { answer }))
    } catch (error) {
      // An approval takes two kinds of answer only, and its refusal says which.
      if (question.kind !== 'approval' || !hasCode(error, 'INVALID_ARGUMENT')) throw error
      options.terminal.say(`    ${error.message}`)
      return false
    }
    return true
  }
  return makeAsker({
    signal: options.signal,
    ask: async (question, signal) => {
      const { paint, stderr } = options.terminal
      view.suspend()
      try {
        options.terminal.say(layOutQuestion({ paint, columns: stderr.columns }, question))
        for (let isTaken = false; !isTaken;) {
          const line = await askLine(options.terminal, '    answer (Enter takes the default): ', signal)
          if (line === undefined) return
          isTaken = await submit(question, line.trim() === '' ? question.defaultAnswer : line.trim())
        }
      } finally {
        view.resume()
      }
    },
  })
}

const tellAsker = async (
  options: WatchOptions,
  asker: Asker<QuestionView>,
  event: CloudEvent,
): Promise<void> => {
  const questionId = String(event.data['questionId'] ?? '')
  if (event.type !== 'CLARIFICATION.QUESTION_ASKED') {
    if (event.type.startsWith('CLARIFICATION.')) asker.withdraw(questionId)
    return
  }
  // Without a deadline a question was decided as it was put; an approval waits all the same.
  if (event.data['deadlineAt'] === null && event.data['kind'] !== 'approval') return
  const { items } = await options.session.call((api) =>
    api.listQuestions({ run: options.runId, status: 'open', limit: PAGE }),
  )
  const question = items.find((each) => each.owner === 'run' && each.id === questionId)
  if (question?.owner === 'run') asker.put(question)
}

/** Whether there is nothing more to wait for. */
const isOver = (run: RunDetail, { stopsAtHuman }: WatchOptions): boolean => {
  switch (run.status) {
    case 'succeeded':
    case 'cancelled':
    case 'paused':
      return true
    case 'failed':
      return run.dossierDigest !== null
    case 'planned':
      return false
    case 'awaiting_human':
      return stopsAtHuman
    case 'running':
      return false
  }
}

/**
 * Follows a run until it has ended or stands still for want of somebody's word, showing what happens on the
 * way. Answers questions where the options allow it.
 */
export const watchRun = async (options: WatchOptions): Promise<Watched> => {
  const { terminal, session, runId, isJson } = options
  const read = () => session.call((api) => api.readRun(runId))
  let run = await read()
  const progress = makeProgress(run)
  const past = options.isOld ? await readPast(options) : { events: [], after: 0 }
  for (const event of past.events) applyEvent(progress, event)
  const view = makeProgressView(terminal, progress, { isQuiet: isJson, isAsking: options.mayAsk })
  const asker = makeRunAsker(options, view)
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  let patience: NodeJS.Timeout | undefined
  try {
    if (options.mayAsk) for (const question of run.questions) asker.put(question)
    const follow = {
      getApi: session.getApi,
      recover: session.recover,
      of: { run: runId },
      after: past.after,
      signal,
    }
    if (isOver(run, options)) return { run, isInterrupted: false }
    for await (const event of followEvents(follow)) {
      applyEvent(progress, event)
      if (isJson) terminal.out(JSON.stringify(event))
      view.show(event)
      if (options.mayAsk) await tellAsker(options, asker, event)
      if (event.type === 'run.failed') {
        patience = setTimeout(() => {
          stop.abort()
        }, DOSSIER_MS)
      }
      if (!isTurningPoint(event.type, progress.status)) continue
      run = await read()
      if (isOver(run, options)) return { run, isInterrupted: false }
    }
    return { run: options.signal.aborted ? run : await read(), isInterrupted: options.signal.aborted }
  } finally {
    clearTimeout(patience)
    await asker.end()
    view.end()
  }
}
