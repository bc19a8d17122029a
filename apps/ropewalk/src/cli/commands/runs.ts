import type { RunDetail, RunSummary } from '@ropewalk/core/contract/api/runs'
import { inForeground, followToEnd } from './run.ts'
import { listAll, type Api } from '../api.ts'
import { sayInterrupted } from '../interrupted-runs.ts'
import { getDurationText } from '../progress-view.ts'
import { getExpectedText, layOutActuals } from '../estimate-text.ts'
import { getMoneyText } from '../result.ts'
import { resolveRunId } from '../run-ref.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import { clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const getStanding = (run: RunSummary): string =>
  run.status === 'succeeded'
    ? (run.verdict ?? 'succeeded')
    : run.status === 'paused' && run.pauseReason === 'budget'
      ? 'over budget'
      : run.status.replace('_', ' ')

const makeRow = (run: RunSummary): readonly string[] => [
  run.id,
  getStanding(run),
  `${getMoneyText(run.money.spentUsd)}/${getMoneyText(run.money.capUsd)}`,
  run.createdAt.slice(0, 16).replace('T', ' '),
  clip(run.title, 60),
]

export type ListFlags = CommonFlags & {
  readonly status?: string
  readonly limit?: number
  readonly all?: boolean
}

/** One page of runs, newest first; all of them with `--all`. */
export const list = (terminal: Terminal, flags: ListFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const limit = Math.min(flags.limit ?? 20, 200)
    const runs: RunSummary[] = []
    for await (const run of listAll((cursor) => api.listRuns({ limit, cursor, status: flags.status }))) {
      runs.push(run)
      if (flags.all !== true && runs.length >= limit) break
    }
    if (flags.json === true) terminal.out(JSON.stringify({ items: runs }))
    else if (runs.length === 0) terminal.say('There are no runs yet. Start one: ./ropewalk run "…"')
    else terminal.out(makeTable([['RUN', 'STATUS', 'SPENT', 'STARTED', 'TITLE'], ...runs.map(makeRow)]))
    return EXIT.ok
  })

const layOutRun = (run: RunDetail): string => {
  const facts = [
    ['run', run.id],
    ['title', clip(run.title, 120)],
    ['status', getStanding(run) + (run.failureMessage === null ? '' : `: ${clip(run.failureMessage, 300)}`)],
    ['models', run.models.join(', ') + (run.simulated ? ' (simulated)' : '')],
    [
      'spent',
      `${getMoneyText(run.money.spentUsd)} of ${getMoneyText(run.money.capUsd)}, ${run.tokensUsed} tokens`,
    ],
    ['expected', getExpectedText(run.estimate)],
    ['commit', run.acceptedCommit ?? 'none accepted'],
    ['allowed', run.allowedSignals.join(', ') || 'nothing: it has ended'],
    ...(run.forkOf === null ? [] : [['fork of', run.forkOf]]),
  ]
  const phases = run.phases.map(({ phase, status, round, maxRounds, score, startedAt, completedAt }) => [
    phase,
    status,
    `round ${round} of ${maxRounds}`,
    score === null ? '' : `${Math.round(score * 100)} %`,
    startedAt === null || completedAt === null
      ? ''
      : getDurationText(Date.parse(completedAt) - Date.parse(startedAt)),
  ])
  const actuals = layOutActuals(run.estimate)
  const questions = run.questions.map(({ id, text }) => `  ${id}  ${clip(text, 100)}`)
  return [
    makeTable(facts),
    '',
    makeTable(phases),
    ...(actuals === '' ? [] : ['', 'expected and used', actuals]),
    ...(questions.length === 0 ? [] : ['', 'open questions', ...questions]),
  ].join('\n')
}

export const show = (terminal: Terminal, reference: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const run = await api.readRun(await resolveRunId(api, reference))
    terminal.out(flags.json === true ? JSON.stringify(run) : layOutRun(run))
    return EXIT.ok
  })

export type SignalFlags = CommonFlags & { readonly phase?: string; readonly task?: string }

const getTarget = ({ phase, task }: SignalFlags) => {
  if (task !== undefined) return { target: 'task', targetId: task }
  return phase === undefined ? {} : { target: 'phase', targetId: phase }
}

const SIGNAL_WORDS = { pause: 'paused', cancel: 'cancelled' } as const

/** Pauses or cancels a run, or a part of it. */
export const signal = (
  terminal: Terminal,
  of: { readonly signal: 'pause' | 'cancel'; readonly reference: string },
  flags: SignalFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api, _config, isOwn) => {
    const runId = await resolveRunId(api, of.reference)
    const answer = await api.signal(runId, { signal: of.signal, ...getTarget(flags) })
    if (flags.json === true) terminal.out(JSON.stringify({ runId, ...answer }))
    else terminal.say(`${SIGNAL_WORDS[of.signal]}: ${runId}`)
    if (isOwn && of.signal === 'cancel')
      terminal.say('No server is running: its money is given back by the next ./ropewalk up or run.')
    return EXIT.ok
  })

export type ResumeFlags = CommonFlags & { readonly budget?: number; readonly detach?: boolean }

/** What brings a run on from where it stands; a run that only lacks a worker needs nothing but us. */
const goOn = async (api: Api, run: RunDetail, addUsd: number | undefined): Promise<void> => {
  if (addUsd !== undefined && addUsd > 0) await api.topUp(run.id, addUsd)
  const now = addUsd === undefined ? run : await api.readRun(run.id)
  if (now.status === 'paused' && now.pauseReason === 'budget' && addUsd === undefined) {
    throw makeTrouble({
      code: 'BUDGET_EXCEEDED',
      what: 'the run stands still for want of money',
      why: `its budget of ${now.money.capUsd} USD is used up or set aside`,
      next: `./ropewalk runs resume ${run.id} --budget USD`,
    })
  }
  if (now.status === 'paused' || now.status === 'planned') await api.signal(run.id, { signal: 'resume' })
  else if (now.status === 'failed' && !now.closed) await api.signal(run.id, { signal: 'retry' })
}

/** Takes a run up again and follows it to its end, as `run` does. A failed run is retried. */
export const resume = async (terminal: Terminal, reference: string, flags: ResumeFlags): Promise<number> => {
  const config = await readSettings(terminal, flags)
  if (flags.detach === true) {
    const { connectToLive } = await import('../connect.ts')
    const api = await connectToLive(config.home)
    await goOn(api, await api.readRun(await resolveRunId(api, reference)), flags.budget)
    return EXIT.ok
  }
  return inForeground(terminal, config, async (session, interrupt) => {
    const runId = await session.call((api) => resolveRunId(api, reference))
    await sayInterrupted(terminal, session, runId)
    const run = await session.call((api) => api.readRun(runId))
    await session.call((api) => goOn(api, run, flags.budget))
    if (flags.json === true) terminal.out(JSON.stringify({ type: 'run', runId }))
    else terminal.say(`run ${runId}\n`)
    return followToEnd({ terminal, session, interrupt, flags, home: config.home, isOld: true }, runId)
  })
}
