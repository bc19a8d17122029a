import { Worker } from 'node:worker_threads'
import type { Finding } from '../finding.ts'
import type { ThreadAnswer, ThreadFile } from './analysis.ts'

/** A text of the largest size takes a few seconds; one that takes this long was made to. */
const FILE_MS = 20_000
/** A repository that breaks the scanner more often than this is not worth more of our time. */
const MAX_BREAKS = 4
/** Enough for the largest text and its syntax tree. Too small would call large honest files hostile. */
const MEMORY_MB = 768
/** Deeply nested text overflows the stack as an error we can catch, well before the thread's own end. */
const STACK_MB = 8

const THREAD = new URL('./analyse-thread.ts', import.meta.url)

export type TextSource = { readonly name: string; readonly read: () => Promise<string> }

export type ThreadLimits = { readonly fileMs?: number; readonly memoryMb?: number }

export type ThreadResult = {
  readonly findings: readonly Finding[]
  /** What was read beside findings, by name of the text. */
  readonly data: ReadonlyMap<string, unknown>
  /** Texts that could not be looked at, and why: to be told as findings, never passed over. */
  readonly unread: readonly { readonly file: string; readonly reason: string }[]
}

const startThread = (module: URL, memoryMb: number): Worker =>
  new Worker(THREAD, {
    workerData: { module: module.href },
    // Neither the environment nor the flags of our own process are for a thread that reads foreign text.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: STACK_MB },
  })

type Asked = ThreadAnswer & { readonly isBroken: boolean }

/** What the thread says of one text; a problem where it ran out of time or memory and is gone. */
const ask = async (thread: Worker, file: ThreadFile, fileMs: number): Promise<Asked> => {
  const { promise, resolve } = Promise.withResolvers<Asked>()
  const breakOff = (problem: string) => {
    resolve({ findings: [], data: null, problem, isBroken: true })
  }
  const onMessage = (answer: ThreadAnswer) => {
    resolve({ ...answer, isBroken: false })
  }
  const onError = (error: Error) => {
    breakOff(error.message)
  }
  const onExit = () => {
    breakOff('the scanner ended')
  }
  const timer = setTimeout(() => {
    breakOff(`looking at it took more than ${fileMs} ms`)
  }, fileMs)
  thread.once('message', onMessage)
  thread.once('error', onError)
  thread.once('exit', onExit)
  thread.postMessage(file)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    thread.off('message', onMessage)
    thread.off('error', onError)
    thread.off('exit', onExit)
  }
}

/**
 * Has `module` look at texts in a thread of its own: text that was written to hang, exhaust or crash a scanner
 * costs that thread, not our process, and is named in `unread`. Times are milliseconds for one text.
 */
export const analyseInThread = async (
  module: URL,
  sources: readonly TextSource[],
  { fileMs = FILE_MS, memoryMb = MEMORY_MB }: ThreadLimits = {},
): Promise<ThreadResult> => {
  const findings: Finding[] = []
  const data = new Map<string, unknown>()
  const unread: { file: string; reason: string }[] = []
  let thread: Worker | undefined
  let breaks = 0
  try {
    for (const { name, read } of sources) {
      if (breaks > MAX_BREAKS) {
        unread.push({ file: name, reason: 'too many texts before it broke the scanner' })
        continue
      }
      const text = await read()
      thread ??= startThread(module, memoryMb)
      const answer = await ask(thread, { name, text }, fileMs)
      findings.push(...answer.findings)
      if (answer.data !== null) data.set(name, answer.data)
      if (answer.problem !== null) unread.push({ file: name, reason: answer.problem })
      if (!answer.isBroken) continue
      breaks += 1
      await stop(thread)
      thread = undefined
    }
  } finally {
    if (thread !== undefined) await stop(thread)
  }
  return { findings, data, unread }
}

const stop = async (thread: Worker): Promise<void> => {
  // An error that the thread throws on its way out has nobody left to tell.
  thread.on('error', () => undefined)
  await thread.terminate()
}
