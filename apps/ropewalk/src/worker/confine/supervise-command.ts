import { spawn, type ChildProcess } from 'node:child_process'
import type { ConfinedRequest, ConfinedResult } from '@ropewalk/guards/guard'
import { feedSandbox } from './find-sandbox.ts'
import { getTree, killMarked, killProcess } from './process-tree.ts'

export type Supervised = {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly sandboxed: boolean
  /** Set without a sandbox: what the environment of every process of this command carries. */
  readonly mark: string | null
  readonly memoryBytes: number
  readonly request: ConfinedRequest
  readonly signal: AbortSignal | undefined
}

export type Ended = {
  readonly result: Omit<ConfinedResult, 'confined'>
  /** Why the sandbox did not come to running the command; null when it did. */
  readonly notStarted: string | null
}

/** More is a fork bomb; a test run of many files stays far below. */
const MAX_PROCESSES = 256
/** How often the tree is measured: a bomb has this long before it is ended. */
const WATCH_INTERVAL_MS = 250
/** Output is read and dropped above the cap, so that a talkative program may finish; a flood may not. */
const FLOOD_FACTOR = 16
const MIN_FLOOD_BYTES = 64 * 1024 ** 2
/** After the kill, pipes close at once; only a process that cannot be killed holds them open this long. */
const CLOSE_TIMEOUT_MS = 3000

type Capture = { readonly text: () => string; readonly truncated: () => boolean }

/**
 * Runs one command to its end and leaves nothing of it behind. Ends the whole tree by SIGKILL when the time
 * is up, the signal is aborted, or a limit is passed; the limit is then named as the last line of `stderr`.
 * Throws the signal's reason when aborted.
 */
export const superviseCommand = async (of: Supervised): Promise<Ended> => {
  of.signal?.throwIfAborted()
  const startedAt = performance.now()
  const [file = '', ...args] = of.argv
  const child = spawn(file, args, {
    cwd: of.cwd,
    env: of.env,
    detached: true,
    stdio: of.sandboxed ? ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe'],
  })
  const kill = () => {
    killTree(child, of.mark)
  }
  const verdict = watch(child, of, kill)
  const sandbox = of.sandboxed ? feedSandbox(child.stdio) : undefined
  const stdout = capture(child.stdout, of.request.maxOutputBytes, verdict.onBytes)
  const stderr = capture(child.stderr, of.request.maxOutputBytes, verdict.onBytes)
  // A program that does not read its input, or has ended, is no error.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(of.request.stdin ?? '')
  const { code, signal, failure } = await waitForEnd(child, kill)
  verdict.stop()
  of.signal?.throwIfAborted()
  const limit = verdict.limit()
  const ended = { argv: of.request.argv, durationMs: Math.round(performance.now() - startedAt) }
  const said = [stderr.text(), failure, limit === null ? '' : `Ended: ${limit}`].filter((text) => text !== '')
  return {
    result: {
      ...ended,
      exitCode: limit === null && !verdict.timedOut() ? code : null,
      signal: limit === null && !verdict.timedOut() ? signal : 'SIGKILL',
      stdout: stdout.text(),
      stderr: said.join('\n'),
      truncated: stdout.truncated() || stderr.truncated(),
      timedOut: verdict.timedOut(),
    },
    notStarted: of.sandboxed && !verdict.ended() ? getSetupFailure(sandbox?.status(), stderr.text()) : null,
  }
}

/** bubblewrap tells the exit code of the command on its status pipe, and nothing there if it failed before. */
const getSetupFailure = (status: string | undefined, said: string): string | null =>
  status?.includes('"exit-code"') === true ? null : said.trim() || 'bubblewrap ended without a word.'

const capture = (
  stream: NodeJS.ReadableStream | null,
  maxBytes: number,
  onBytes: (count: number) => void,
): Capture => {
  const chunks: Buffer[] = []
  let kept = 0
  let truncated = false
  stream?.on('error', () => undefined)
  stream?.on('data', (chunk: Buffer) => {
    onBytes(chunk.length)
    const part = chunk.subarray(0, maxBytes - kept)
    if (part.length < chunk.length) truncated = true
    if (part.length === 0) return
    kept += part.length
    chunks.push(part)
  })
  return { text: () => Buffer.concat(chunks).toString('utf8'), truncated: () => truncated }
}

/** The four reasons to end a command early. */
const watch = (child: ChildProcess, of: Supervised, kill: () => void) => {
  let limit: string | null = null
  let timedOut = false
  let bytes = 0
  const floodBytes = Math.max(of.request.maxOutputBytes * FLOOD_FACTOR, MIN_FLOOD_BYTES)
  const endFor = (reason: string) => {
    limit ??= reason
    kill()
  }
  const deadline = setTimeout(() => {
    timedOut = true
    kill()
  }, of.request.timeoutMs)
  const measure = setInterval(() => {
    if (child.pid === undefined) return
    const tree = getTree(child.pid, MAX_PROCESSES)
    if (tree.pids.length > MAX_PROCESSES) endFor(`more than ${MAX_PROCESSES} processes.`)
    else if (tree.memoryBytes > of.memoryBytes)
      endFor(`more than ${of.memoryBytes / 1024 ** 2} MB of memory.`)
  }, WATCH_INTERVAL_MS)
  of.signal?.addEventListener('abort', kill, { once: true })
  return {
    limit: () => limit,
    timedOut: () => timedOut && limit === null,
    ended: () => timedOut || limit !== null,
    onBytes: (count: number) => {
      bytes += count
      if (bytes > floodBytes) endFor(`more than ${floodBytes} bytes of output.`)
    },
    stop: () => {
      clearTimeout(deadline)
      clearInterval(measure)
      of.signal?.removeEventListener('abort', kill)
    },
  }
}

/** In a sandbox the death of bubblewrap takes its process namespace along; outside, the group and the mark do. */
const killTree = (child: ChildProcess, mark: string | null): void => {
  if (child.pid === undefined) return
  killProcess(-child.pid)
  if (mark !== null) killMarked(mark)
}

type ProcessEnd = { readonly code: number | null; readonly signal: string | null; readonly failure: string }

/** Waits for the program, ends what it left behind, then waits until its output has been read. */
const waitForEnd = (child: ChildProcess, kill: () => void): Promise<ProcessEnd> => {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>()
  let timer: NodeJS.Timeout | undefined
  child.on('error', (error) => {
    resolve({ code: 127, signal: null, failure: error.message })
  })
  child.on('exit', () => {
    kill()
    timer = setTimeout(() => {
      for (const stream of child.stdio) if (stream !== null && stream !== undefined) stream.destroy()
    }, CLOSE_TIMEOUT_MS)
  })
  child.on('close', (code, signal) => {
    clearTimeout(timer)
    resolve({ code, signal, failure: '' })
  })
  return promise
}
