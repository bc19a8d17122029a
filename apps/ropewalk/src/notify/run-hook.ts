import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Notification } from '@ropewalk/core/contract/notification'
import type { Delivery } from './delivery.ts'
import { killHook } from './kill-hook.ts'

export type HookSettings = {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly string[]
  /** All that the program is given of ours: where programs are, whose home it is, which language. */
  readonly environment: Readonly<Record<string, string>>
  /** Default: 10 s. */
  readonly timeoutMs?: number | undefined
}

const TIMEOUT_MS = 10_000
/** After the kill, pipes close at once; only a process that cannot be killed holds them open this long. */
const CLOSE_TIMEOUT_MS = 2000
/** Enough for one line of a complaint; what follows is read and dropped, so that the program is not held up. */
const MAX_STDERR_BYTES = 4096
const MAX_LINE = 200

/** What the environment of a hook calls the address of the question. */
export const LINK_VARIABLE = 'QUESTION_LINK'

const captureFirstLine = (stream: Readable | null): (() => string) => {
  const chunks: Buffer[] = []
  let kept = 0
  stream?.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, MAX_STDERR_BYTES - kept)
    kept += part.length
    if (part.length > 0) chunks.push(part)
  })
  return () => {
    const [line = ''] = Buffer.concat(chunks).toString('utf8').trimStart().split(/\r?\n/u)
    // A terminal that shows the log must not be steered by what a program said.
    return line
      .replaceAll(/\p{Cc}/gu, ' ')
      .slice(0, MAX_LINE)
      .trim()
  }
}

type End = { readonly code: number | null; readonly signal: string | null; readonly failure: string | null }

/** Waits for the program, ends what it left behind, then waits until its pipes are closed. */
const waitForEnd = (child: ChildProcess, endAll: () => void): Promise<End> => {
  const { promise, resolve } = Promise.withResolvers<End>()
  let timer: NodeJS.Timeout | undefined
  child.on('error', (error) => {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
    resolve({ code: null, signal: null, failure: `it could not be started (${code})` })
  })
  child.on('exit', () => {
    endAll()
    timer = setTimeout(() => {
      for (const stream of child.stdio) stream?.destroy()
    }, CLOSE_TIMEOUT_MS)
  })
  child.on('close', (code, signal) => {
    clearTimeout(timer)
    resolve({ code, signal, failure: null })
  })
  return promise
}

/**
 * Runs the hook once with the notification as one line of JSON on its standard input. Nothing of it is left when
 * this resolves: not when it takes too long, ignores signals, or leaves children behind. A hook that fails has
 * failed for good: nobody can tell how far it came.
 */
export const runHook = async (notification: Notification, settings: HookSettings): Promise<Delivery> => {
  const [file = '', ...args] = settings.argv
  const timeoutMs = settings.timeoutMs ?? TIMEOUT_MS
  const child = spawn(file, args, {
    cwd: '/',
    env: { ...settings.environment, [LINK_VARIABLE]: notification.link },
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let isLate = false
  const endAll = () => {
    if (child.pid !== undefined) killHook(child.pid, `${LINK_VARIABLE}=${notification.link}`)
  }
  const deadline = setTimeout(() => {
    isLate = true
    endAll()
  }, timeoutMs)
  const getLine = captureFirstLine(child.stderr)
  child.stderr?.on('error', () => undefined)
  // A program that does not read its input, or has ended, is no error.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(`${JSON.stringify(notification)}\n`)
  const { code, signal, failure } = await waitForEnd(child, endAll)
  clearTimeout(deadline)
  if (code === 0 && !isLate) return { outcome: 'sent' }
  const ending = isLate
    ? `it was ended after ${timeoutMs} ms`
    : (failure ?? (signal === null ? `it ended with exit code ${String(code)}` : `it ended by ${signal}`))
  const line = getLine()
  return { outcome: 'failed', reason: line === '' ? ending : `${ending}: ${line}` }
}
