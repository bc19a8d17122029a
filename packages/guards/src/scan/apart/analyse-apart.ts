import { fork, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { COMMAND_MARK } from '../../command-mark.ts'
import type { Finding } from '../finding.ts'
import type { Answer, ForeignText } from './analysis.ts'

/** A text of the largest size takes a few seconds; one that takes this long was made to. */
const TEXT_MS = 20_000
/** A repository that breaks the scanner more often than this is not worth more of our time. */
const MAX_BREAKS = 4
/** Enough for the largest text and its syntax tree. Too small would call large honest files hostile. */
const MEMORY_MB = 768

const PROCESS = new URL('./analyse-process.ts', import.meta.url)

export type TextSource = { readonly name: string; readonly read: () => Promise<string> }

export type ApartLimits = { readonly textMs?: number; readonly memoryMb?: number }

export type ApartResult = {
  readonly findings: readonly Finding[]
  /** What was read beside findings, by name of the text. */
  readonly data: ReadonlyMap<string, unknown>
  /** Texts that could not be looked at, and why: to be told as findings, never passed over. */
  readonly unread: readonly { readonly file: string; readonly reason: string }[]
}

/**
 * A process and no thread: V8 aborts the whole process when a thread runs out of memory in one of its own parts.
 * It may read files, for its own modules, and may neither write any nor start anything.
 */
const startProcess = (module: URL, memoryMb: number): ChildProcess => {
  const child = fork(PROCESS, [module.href], {
    execArgv: [`--max-old-space-size=${memoryMb}`, '--permission', '--allow-fs-read=*'],
    env: { [COMMAND_MARK]: `${process.pid}/${randomUUID()}` },
    // What ends in a core dump shall not leave one where we were started.
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  })
  // A process that could not be started, or is gone, shows by its exit; the event itself would end ours.
  child.on('error', () => undefined)
  return child
}

type Asked = Answer & { readonly isBroken: boolean }

/** What the process says of one text; a problem where it ran out of time or memory and is gone. */
const ask = async (child: ChildProcess, text: ForeignText, textMs: number): Promise<Asked> => {
  const { promise, resolve } = Promise.withResolvers<Asked>()
  const breakOff = (problem: string) => {
    resolve({ findings: [], data: null, problem, isBroken: true })
  }
  const onMessage = (answer: unknown) => {
    resolve({ ...(answer as Answer), isBroken: false })
  }
  const onExit = (code: number | null, signal: string | null) => {
    breakOff(`the scanner broke off (${signal ?? `exit code ${String(code)}`})`)
  }
  const timer = setTimeout(() => {
    breakOff(`looking at it took more than ${textMs} ms`)
  }, textMs)
  child.once('message', onMessage)
  child.once('exit', onExit)
  child.send(text, (error) => {
    if (error !== null) breakOff(`the scanner could not be asked: ${error.message}`)
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    child.off('message', onMessage)
    child.off('exit', onExit)
  }
}

/**
 * Has `module` look at texts in a process of its own: text that was written to hang, exhaust or crash a scanner
 * costs that process, not ours, and is named in `unread`. Times are milliseconds for one text.
 */
export const analyseApart = async (
  module: URL,
  sources: readonly TextSource[],
  { textMs = TEXT_MS, memoryMb = MEMORY_MB }: ApartLimits = {},
): Promise<ApartResult> => {
  const findings: Finding[] = []
  const data = new Map<string, unknown>()
  const unread: { file: string; reason: string }[] = []
  let child: ChildProcess | undefined
  let breaks = 0
  try {
    for (const { name, read } of sources) {
      if (breaks > MAX_BREAKS) {
        unread.push({ file: name, reason: 'too many texts before it broke the scanner' })
        continue
      }
      const text = await read()
      child ??= startProcess(module, memoryMb)
      const answer = await ask(child, { name, text }, textMs)
      findings.push(...answer.findings)
      if (answer.data !== null) data.set(name, answer.data)
      if (answer.problem !== null) unread.push({ file: name, reason: answer.problem })
      if (!answer.isBroken) continue
      breaks += 1
      await stop(child)
      child = undefined
    }
  } finally {
    if (child !== undefined) await stop(child)
  }
  return { findings, data, unread }
}

const stop = async (child: ChildProcess): Promise<void> => {
  const hasEnded = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  if (hasEnded) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
