import { setTimeout as sleep } from 'node:timers/promises'
import type { StoryLine } from '@ropewalk/core/contract/api/story'
import { withInterrupt } from '../interrupts.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
import { clean, wrap, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { withApi } from '../with-api.ts'

export type ReplayFlags = CommonFlags & {
  readonly from?: string
  readonly speed?: number
  readonly instant?: boolean
}

/** The longest pause between two lines: a night in which a run waited is not sat through again. */
const LONGEST_PAUSE_MS = 3000

const PHASE_WIDTH = 13

/** `+1:02:03`, since the run was planned. */
const getClock = (sinceMs: number): string => {
  const seconds = Math.floor(sinceMs / 1000)
  const two = (count: number) => String(count).padStart(2, '0')
  return `+${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** A line for a person: when, where, what; further sentences below it. */
export const layOutLine = ({ sinceMs, phase, text, details }: StoryLine, width: number): string => {
  const head = `${getClock(sinceMs)}  ${(phase ?? '').padEnd(PHASE_WIDTH)} `
  const indent = ' '.repeat(head.length)
  const first = wrap(text, width, indent)
  return [
    `${head}${first.slice(indent.length)}`,
    ...details.map((detail) => wrap(detail, width, `${indent}  `)),
  ].join('\n')
}

/** Waits as long as the run did between two lines, `speed` times faster. Gives whether to go on. */
const keepTime = async (ms: number, speed: number | undefined, signal: AbortSignal): Promise<boolean> => {
  const pause = speed === undefined ? 0 : Math.min(LONGEST_PAUSE_MS, ms / speed)
  if (pause < 1) return !signal.aborted
  try {
    await sleep(pause, undefined, { signal })
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

/** The story of a run, from its ledger alone; at once, or at the speed at which it happened. */
export const replay = (terminal: Terminal, reference: string, flags: ReplayFlags): Promise<number> => {
  if (flags.speed !== undefined && flags.instant === true) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'a speed and --instant were both given',
      why: 'one asks for pauses, the other for none',
      next: 'Leave one of them out.',
    })
  }
  return withApi(terminal, flags, (api) =>
    withInterrupt(async ({ signal }) => {
      const runId = await resolveRunId(api, reference)
      const width = Math.min(terminal.stdout.columns ?? 110, 140) - 1
      let lastMs: number | undefined
      try {
        for await (const line of api.openStory(runId, { from: flags.from }, signal)) {
          if (!(await keepTime(line.sinceMs - (lastMs ?? line.sinceMs), flags.speed, signal))) break
          lastMs = line.sinceMs
          terminal.out(flags.json === true ? JSON.stringify(line) : clean(layOutLine(line, width)))
        }
      } catch (error) {
        if (!signal.aborted) throw error
      }
      return signal.aborted ? EXIT.interrupted : EXIT.ok
    }),
  )
}
