import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { RunDetail } from '@ropewalk/core/contract/api/runs'
import { clip } from './terminal.ts'

/** One phase as a watcher sees it. Instants are milliseconds since 1970. */
export type PhaseProgress = {
  readonly phase: string
  status: 'pending' | 'running' | 'gating' | 'passed' | 'failed' | 'skipped'
  round: number
  score: number | null
  /** Agents and guards at work or waiting their turn, by task. */
  readonly open: Map<string, string>
  done: number
  startedAtMs: number | null
  endedAtMs: number | null
}

export type Progress = {
  readonly runId: string
  readonly title: string
  status: RunDetail['status']
  readonly phases: Map<string, PhaseProgress>
}

/** Progress before the first event: the phases in the order of the plan, nothing done. */
export const makeProgress = (run: Pick<RunDetail, 'id' | 'title' | 'phases'>): Progress => ({
  runId: run.id,
  title: run.title,
  status: 'planned',
  phases: new Map(
    run.phases.map(({ phase }) => [
      phase,
      {
        phase,
        status: 'pending',
        round: 1,
        score: null,
        open: new Map(),
        done: 0,
        startedAtMs: null,
        endedAtMs: null,
      },
    ]),
  ),
})

const getText = (event: CloudEvent, key: string): string => {
  const value = event.data[key]
  return typeof value === 'string' ? value : ''
}

const getNumber = (event: CloudEvent, key: string): number => {
  const value = event.data[key]
  return typeof value === 'number' ? value : 0
}

const PHASE_END: Readonly<Record<string, PhaseProgress['status']>> = {
  success: 'passed',
  failed: 'failed',
  timeout: 'failed',
  cancelled: 'failed',
}

const RUN_STATUS: Readonly<Record<string, RunDetail['status']>> = {
  'run.planned': 'planned',
  'run.started': 'running',
  'run.paused': 'paused',
  'run.resumed': 'running',
  'run.awaiting_human': 'awaiting_human',
  'run.human_done': 'running',
  'run.succeeded': 'succeeded',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
}

const getPhase = (progress: Progress, event: CloudEvent): PhaseProgress | undefined =>
  progress.phases.get(getText(event, 'phase'))

const findTaskPhase = (progress: Progress, taskId: string): PhaseProgress | undefined =>
  [...progress.phases.values()].find((phase) => phase.open.has(taskId))

const applyTask = (progress: Progress, event: CloudEvent): void => {
  if (event.type === 'task.created') {
    const spec = event.data['spec'] as {
      id: string
      phase: string
      target: string
      guard: { guard: string } | null
    }
    const name = spec.guard === null ? spec.target : `checks ${spec.guard.guard}`
    progress.phases.get(spec.phase)?.open.set(spec.id, name)
    return
  }
  const taskId = getText(event, 'taskId')
  const phase = findTaskPhase(progress, taskId)
  if (phase === undefined) return
  if (event.type === 'task.completed') phase.done += 1
  if (['task.completed', 'task.failed', 'task.cancelled'].includes(event.type)) phase.open.delete(taskId)
}

const applyPhase = (phase: PhaseProgress, event: CloudEvent): void => {
  const atMs = Date.parse(event.time)
  switch (event.type) {
    case 'phase.started':
      Object.assign(phase, { status: 'running', round: getNumber(event, 'round'), endedAtMs: null })
      phase.startedAtMs ??= atMs
      break
    case 'phase.ready':
      phase.status = 'gating'
      break
    case 'phase.gate.passed':
    case 'phase.gate.failed':
      phase.score = getNumber(event, 'score')
      break
    case 'phase.completed':
      phase.status = PHASE_END[getText(event, 'status')] ?? 'failed'
      phase.endedAtMs = atMs
      phase.open.clear()
      break
    case 'phase.reopened':
      Object.assign(phase, { status: 'pending', endedAtMs: null, score: null })
      break
    case 'phase.inherited':
      Object.assign(phase, { status: 'passed', endedAtMs: atMs })
      break
  }
}

/** Takes one event into account. */
export const applyEvent = (progress: Progress, event: CloudEvent): void => {
  progress.status = RUN_STATUS[event.type] ?? progress.status
  if (event.type.startsWith('task.')) applyTask(progress, event)
  const phase = event.type.startsWith('phase.') ? getPhase(progress, event) : undefined
  if (phase !== undefined) applyPhase(phase, event)
}

const percent = (score: number): string => `${Math.round(score * 100)} %`

const getReasons = (event: CloudEvent): string =>
  Array.isArray(event.data['reasons']) ? event.data['reasons'].slice(0, 3).map(String).join('; ') : ''

/** An event as a line for a person; undefined for what only machines need to know. */
export const describeEvent = (event: CloudEvent): string | undefined => {
  const phase = getText(event, 'phase')
  switch (event.type) {
    case 'phase.started': {
      const round = getNumber(event, 'round')
      return round > 1 ? `${phase}: mending, round ${round}` : `${phase}: started`
    }
    case 'phase.gate.passed':
      return `${phase}: gate passed, score ${percent(getNumber(event, 'score'))}`
    case 'phase.gate.failed':
      return `${phase}: gate not passed in round ${getNumber(event, 'round')} of ${getNumber(event, 'maxAttempts')}: ${clip(getReasons(event), 200)}`
    case 'phase.iterated':
      return `${phase}: pass ${getNumber(event, 'iteration') + 1} over its stages`
    case 'waiver.requested':
      return `${phase}: a waiver of ${getText(event, 'rubric')} is asked for: ${clip(getText(event, 'justification'), 160)}`
    case 'waiver.activated':
      return `${phase}: a waiver is in force until ${getText(event, 'expiresAt').slice(0, 10)}, by ${getText(event, 'by')}`
    case 'waiver.expired':
    case 'waiver.revoked':
      return `${phase}: a waiver has ended`
    case 'phase.stalled':
      return `${phase}: no progress: ${clip(getText(event, 'reason'), 160)}`
    case 'phase.error':
      return `${phase}: ${clip(getText(event, 'error'), 200)}`
    case 'task.retry_scheduled':
      return `a task is tried again: ${clip(getText(event, 'reason'), 160)}`
    case 'task.failed':
      return `a task failed (${getText(event, 'errorClass')}): ${clip(getText(event, 'message'), 200)}`
    case 'tool.refused':
      return `refused the tool ${getText(event, 'tool')}: ${clip(getText(event, 'reason'), 160)}`
    case 'CLARIFICATION.QUESTION_ASKED':
      return `${phase} asks: ${clip(getText(event, 'text'), 200)} (default: ${clip(getText(event, 'defaultAnswer'), 120)})`
    case 'CLARIFICATION.ANSWER_PROVIDED':
      return getText(event, 'status') === 'assumed'
        ? `assumed: ${clip(getText(event, 'answer'), 160)}`
        : `answered by ${getText(event, 'decidedBy')}: ${clip(getText(event, 'answer'), 160)}`
    case 'run.paused':
      return `paused (${getText(event, 'reason')})${getText(event, 'message') === '' ? '' : `: ${clip(getText(event, 'message'), 160)}`}`
    case 'run.resumed':
      return `resumed by ${getText(event, 'resumedBy')}`
    case 'run.awaiting_human':
      return 'waits for a person'
    case 'run.failed':
      return `failed: ${clip(getText(event, 'message'), 300)}`
    case 'run.cancelled':
      return `cancelled by ${getText(event, 'cancelledBy')}`
    default:
      return undefined
  }
}
