import type { Engine, LogLine } from '../engine/contract.ts'
import { getCleanText } from './failure.ts'
import type { HeldAttempt } from './held-attempt.ts'
import type { WorkerLog } from './worker-log.ts'

/** Lines go out together: one write a line would cost more than the work it tells of. */
const FLUSH_MS = 500
const FLUSH_LINES = 200
const MAX_LINE = 4000
/** An attempt that says more is cut off; its outputs are unharmed. */
const MAX_LINES = 20_000

export type AttemptLog = {
  readonly add: (stream: LogLine['stream'], text: string) => void
  /** Writes what is waiting and takes no more. Never throws: a lost line must not cost a result. */
  readonly close: () => Promise<void>
}

/** The log of one attempt, written in its own small batches while the attempt is held. */
export const startAttemptLog = (engine: Engine, attempt: HeldAttempt, log: WorkerLog): AttemptLog => {
  const { workspaceId, taskId, attempt: number } = attempt.task
  let waiting: { stream: LogLine['stream']; text: string }[] = []
  let count = 0
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const lines = waiting
    waiting = []
    if (lines.length === 0) return
    writing = writing
      .then(async () => {
        attempt.assertHeld()
        await engine.appendLog({ workspaceId, taskId, attempt: number, lines })
      })
      .catch((error: unknown) => {
        if (attempt.getEnd() === null)
          log.warn({ err: error, taskId, lines: lines.length }, 'log lines were lost')
      })
  }
  return {
    add: (stream, text) => {
      for (const line of text.replace(/\n$/u, '').split('\n')) {
        count += 1
        if (count > MAX_LINES) return
        const last = count === MAX_LINES
        waiting.push({
          stream,
          text: last ? 'The log ends here: it is too long.' : getCleanText(line, MAX_LINE),
        })
      }
      if (waiting.length >= FLUSH_LINES) flush()
      else timer ??= setTimeout(flush, FLUSH_MS)
    },
    close: async () => {
      flush()
      count = MAX_LINES
      await writing
    },
  }
}
