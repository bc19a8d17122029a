import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import { describeEvent, type PhaseProgress, type Progress } from './progress.ts'
import { clip, type Terminal } from './terminal.ts'

/** Shows a run while it goes on: phase lines redrawn at a terminal, one line a happening elsewhere. */
export type ProgressView = {
  readonly show: (event: CloudEvent) => void
  /** Takes the live lines away while something else is written, and draws them anew after it. */
  readonly write: (text: string) => void
  /** Stops drawing, for a prompt; `resume` goes on. */
  readonly suspend: () => void
  readonly resume: () => void
  /** Leaves the last picture standing. */
  readonly end: () => void
}

const MARKS = { pending: '·', running: '›', gating: '›', passed: '✓', failed: '✗', skipped: '-' } as const
const STYLES = {
  pending: 'dim',
  running: 'cyan',
  gating: 'cyan',
  passed: 'green',
  failed: 'red',
  skipped: 'dim',
} as const

/** Seconds as a person reads them: 8 s, 3 min 5 s, 2 h 4 min. */
export const getDurationText = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const getDoing = (phase: PhaseProgress): string => {
  switch (phase.status) {
    case 'pending':
    case 'skipped':
      return ''
    case 'passed':
      return phase.score === null ? 'taken over' : `passed, score ${Math.round(phase.score * 100)} %`
    case 'failed':
      return phase.score === null ? 'failed' : `failed, score ${Math.round(phase.score * 100)} %`
    case 'running':
    case 'gating': {
      const names = [...new Set(phase.open.values())]
      return names.length === 0 ? 'working' : names.join(', ')
    }
  }
}

const makeLine = (terminal: Terminal, phase: PhaseProgress, nowMs: number): string => {
  const mark = terminal.paint(STYLES[phase.status], MARKS[phase.status])
  const time =
    phase.startedAtMs === null
      ? ''
      : getDurationText((phase.endedAtMs ?? Math.max(nowMs, phase.startedAtMs)) - phase.startedAtMs)
  const round = phase.round > 1 ? `round ${phase.round}, ` : ''
  const width = (terminal.stderr.columns ?? 80) - 1
  const text = `${phase.phase.padEnd(10)} ${time.padStart(9)}  ${round}${getDoing(phase)}`
  return `  ${mark} ${clipKeepingSpaces(text, width - 4)}`
}

/** Like `clip`, but keeps the columns. A line that wraps would break the redraw's count of lines. */
const clipKeepingSpaces = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`

/** How often durations move on. */
const REDRAW_MS = 1000

/** What the phase lines show, and what a person sees who is asked. */
const TOLD_BY_LINES: ReadonlySet<string> = new Set(['phase.started', 'phase.gate.passed'])
const TOLD_BY_PROMPTS: ReadonlySet<string> = new Set(['CLARIFICATION.QUESTION_ASKED', 'run.awaiting_human'])

const makeLiveView = (terminal: Terminal, progress: Progress, isAsking: boolean): ProgressView => {
  let drawn = 0
  let isSuspended = false
  const held: string[] = []
  const erase = () => {
    if (drawn > 0) terminal.stderr.write(`\u001b[${drawn}A\u001b[J`)
    drawn = 0
  }
  const draw = () => {
    if (isSuspended) return
    const nowMs = Date.now()
    const lines = [...progress.phases.values()].map((phase) => makeLine(terminal, phase, nowMs))
    erase()
    terminal.stderr.write(`${lines.join('\n')}\n`)
    drawn = lines.length
  }
  const timer = setInterval(draw, REDRAW_MS)
  draw()
  const write = (text: string) => {
    if (isSuspended) {
      held.push(text)
      return
    }
    erase()
    terminal.say(text)
    draw()
  }
  return {
    show: (event) => {
      const line = describeEvent(event)
      const isTold = TOLD_BY_LINES.has(event.type) || (isAsking && TOLD_BY_PROMPTS.has(event.type))
      if (line !== undefined && !isTold)
        write(`    ${terminal.paint('dim', clip(line, (terminal.stderr.columns ?? 80) - 6))}`)
      else draw()
    },
    write,
    suspend: () => {
      erase()
      isSuspended = true
    },
    resume: () => {
      isSuspended = false
      for (const text of held.splice(0)) terminal.say(text)
      draw()
    },
    end: () => {
      clearInterval(timer)
      draw()
    },
  }
}

const makePlainView = (terminal: Terminal): ProgressView => ({
  show: (event) => {
    const line = describeEvent(event)
    if (line !== undefined) terminal.say(line)
  },
  write: terminal.say,
  suspend: () => undefined,
  resume: () => undefined,
  end: () => undefined,
})

export type ViewOptions = {
  /** Shows nothing at all: the events themselves go to standard output. */
  readonly isQuiet: boolean
  /** The person is asked questions in between. */
  readonly isAsking: boolean
}

export const makeProgressView = (
  terminal: Terminal,
  progress: Progress,
  options: ViewOptions,
): ProgressView => {
  if (options.isQuiet) return { ...makePlainView(terminal), show: () => undefined }
  return terminal.isStderrTerminal
    ? makeLiveView(terminal, progress, options.isAsking)
    : makePlainView(terminal)
}
