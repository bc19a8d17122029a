import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ReadBuffer, serializeMessage, type JSONRPCMessage } from '@modelcontextprotocol/client'
import { killMarked, killProcess, MARK } from '../../confine/process-tree.ts'
import { MAX_MESSAGE_BYTES, type ServerTransport } from './server-transport.ts'

export type StdioSettings = {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly string[]
  /** All of its environment, but for the mark by which it is found again. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** The client takes a transport for one to a process by these two. */
export type ProcessTransport = ServerTransport & { readonly pid: number | null; readonly stderr: null }

/** A server that closes when its input does is let finish what it writes; one that does not is ended. */
const CLOSE_MS = 1000
const MAX_COMPLAINT_BYTES = 2000

type State = {
  child: ChildProcess | undefined
  ended: boolean
  complaint: Buffer
  readonly mark: string
  readonly exited: PromiseWithResolvers<undefined>
}

/** The group, and on Linux what left it: a server that was started may have started others. */
const killTree = ({ child, mark }: State): void => {
  if (child?.pid === undefined) return
  killProcess(-child.pid)
  killMarked(mark)
}

const watchEnd = (state: State, child: ChildProcess, onEnd: () => void): void => {
  let timer: NodeJS.Timeout | undefined
  child.on('exit', () => {
    killTree(state)
    timer = setTimeout(() => {
      for (const stream of child.stdio) stream?.destroy()
    }, CLOSE_MS)
  })
  // Not on exit: what it wrote last is still to be read.
  child.on('close', () => {
    clearTimeout(timer)
    state.ended = true
    state.exited.resolve(undefined)
    onEnd()
  })
}

const watchOutput = (state: State, child: ChildProcess, transport: ProcessTransport): void => {
  const buffer = new ReadBuffer({ maxBufferSize: MAX_MESSAGE_BYTES })
  child.stdout?.on('data', (chunk: Buffer) => {
    try {
      buffer.append(chunk)
    } catch (error) {
      transport.onerror?.(error as Error)
      killTree(state)
      return
    }
    for (;;) {
      try {
        const message = buffer.readMessage()
        if (message === null) return
        transport.onmessage?.(message)
      } catch (error) {
        // A line that is no message is told and passed over; the next may be one.
        transport.onerror?.(error as Error)
      }
    }
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    state.complaint = Buffer.concat([state.complaint, chunk]).subarray(-MAX_COMPLAINT_BYTES)
  })
  for (const stream of child.stdio) stream?.on('error', (error: Error) => transport.onerror?.(error))
}

const send = async (state: State, message: JSONRPCMessage): Promise<void> => {
  const stdin = state.child?.stdin
  if (state.ended || !stdin?.writable) throw new Error('The process of the server has ended.')
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  stdin.write(serializeMessage(message), (error) => {
    if (error) reject(error)
    else resolve(undefined)
  })
  // A server that ends without reading leaves the write without an answer.
  await Promise.race([promise, state.exited.promise])
}

/**
 * Speaks with a program that it starts in a process group of its own, with the given environment and nothing of
 * ours. Nothing of it is left when `close` resolves; should this process be killed, the program's input ends, and
 * the next worker that starts here ends what still carries the mark.
 */
export const makeStdioTransport = ({ argv, env, cwd }: StdioSettings): ProcessTransport => {
  const state: State = {
    child: undefined,
    ended: false,
    complaint: Buffer.alloc(0),
    mark: `${process.pid}/${randomUUID()}`,
    exited: Promise.withResolvers(),
  }
  const [program = '', ...args] = argv
  const transport: ProcessTransport = {
    stderr: null,
    get pid() {
      return state.child?.pid ?? null
    },
    getComplaint: () => state.complaint.toString('utf8').trim(),
    hasEnded: () => state.ended,
    leave: () => Promise.resolve(),
    start: async () => {
      const child = spawn(program, args, {
        cwd,
        env: { ...env, [MARK]: state.mark },
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      state.child = child
      watchEnd(state, child, () => transport.onclose?.())
      watchOutput(state, child, transport)
      const { promise, resolve, reject } = Promise.withResolvers<undefined>()
      child.once('spawn', () => {
        resolve(undefined)
      })
      child.on('error', (error) => {
        if (child.pid === undefined) state.ended = true
        reject(error)
      })
      await promise
    },
    send: (message) => send(state, message),
    close: async () => {
      if (state.child?.pid === undefined || state.ended) return
      state.child.stdin?.end()
      await Promise.race([state.exited.promise, delay(CLOSE_MS, undefined, { ref: false })])
      if (!state.ended) killTree(state)
      await state.exited.promise
    },
  }
  return transport
}
