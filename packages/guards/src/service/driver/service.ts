import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceOrder } from '../orders.ts'
import type { ServiceFacts } from '../report.ts'
import { getMemoryMb, listListening } from './processes.ts'

/** Enough to tell why a service failed, and no more of what a talkative one prints. */
const KEPT_OUTPUT = 4000
const ASK_PAUSE_MS = 20
const ASK_TIMEOUT_MS = 2000
/** A service that is closing its connections needs a moment; one that ignores SIGTERM has none. */
const STOP_TIMEOUT_MS = 3000

export type Address = { readonly host: string; readonly port: number }

/** A service with a life. `address` is undefined while it does not answer. */
export type DrivenService = {
  readonly name: string
  readonly getAddress: () => Address | undefined
  readonly start: () => Promise<void>
  /** Whether SIGTERM was enough. */
  readonly stop: () => Promise<boolean>
  /** How it ended by itself since the last start; undefined while it runs. */
  readonly findEnd: () => string | undefined
  readonly noteDeath: (step: string) => void
  readonly getFacts: () => ServiceFacts
}

const findFreePort = async (): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => {
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return promise
}

/** Whether anything speaks HTTP there: an answer of any status. */
const isAnswering = async ({ host, port }: Address, timeoutMs: number): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const call = request({ host, port, path: '/', timeout: timeoutMs, agent: false }, (response) => {
    response.destroy()
    resolve(true)
  })
  call.on('timeout', () => call.destroy(new Error('no answer in time')))
  call.on('error', () => {
    resolve(false)
  })
  call.end()
  return promise
}

/** Variables by which a service is found again, also when it has slipped away from its driver. */
type Marks = Readonly<Record<string, string>>

const getEnvironment = (order: ServiceOrder, port: number, home: string, marks: Marks) => ({
  PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
  HOME: home,
  TMPDIR: home,
  LANG: 'C.UTF-8',
  // What is measured is what would be deployed.
  NODE_ENV: 'production',
  [order.portEnv]: String(port),
  ...marks,
})

const listen = (child: ChildProcess, keep: (text: string) => void): void => {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8')
    stream?.on('data', keep)
    stream?.on('error', (error) => {
      keep(error.message)
    })
  }
}

/** Makes a service that is not started yet. Its standard input is closed and its output is only kept. */
export const makeService = (order: ServiceOrder, marks: Marks, startTimeoutMs: number): DrivenService => {
  const home = mkdtempSync(join(tmpdir(), 'service-home-'))
  const deaths: { step: string; how: string }[] = []
  let child: ChildProcess | undefined
  let address: Address | undefined
  let ended: string | undefined
  let output = ''
  let readyMs: number | null = null
  let problem: string | null = null

  const spawnOn = (port: number): void => {
    const [command = '', ...rest] = order.argv
    ended = undefined
    child = spawn(command === 'node' ? process.execPath : command, rest, {
      cwd: order.dir,
      env: getEnvironment(order, port, home, marks),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own group, so that a signal to its group does not reach the driver.
      detached: true,
    })
    listen(child, (text) => {
      output = `${output}${text}`.slice(-KEPT_OUTPUT)
    })
    // The one before may still be dying while its successor runs.
    const started = child
    const note = (how: string): void => {
      if (child === started) ended ??= how
    }
    started.on('error', (error) => {
      note(`could not be started: ${error.message}`)
    })
    started.on('exit', (code, signal) => {
      note(signal === null ? `ended with exit code ${String(code)}` : `was ended by ${signal}`)
    })
  }

  const explainSilence = (port: number): string => {
    const others = listListening().filter((other) => other !== port)
    const instead = others.length === 0 ? '' : ` Something listens on port ${others.slice(0, 5).join(', ')}.`
    return `did not answer on the port given in ${order.portEnv} within ${startTimeoutMs} ms.${instead}`
  }

  const waitUntilReady = async (port: number): Promise<void> => {
    const startedAt = performance.now()
    const isLate = () => performance.now() - startedAt > startTimeoutMs
    while (ended === undefined && !isLate()) {
      for (const host of ['127.0.0.1', '::1']) {
        const isReady = await isAnswering({ host, port }, Math.min(ASK_TIMEOUT_MS, startTimeoutMs))
        if (!isReady) continue
        address = { host, port }
        readyMs ??= performance.now() - startedAt
        problem = null
        return
      }
      await sleep(ASK_PAUSE_MS)
    }
    problem = ended === undefined ? explainSilence(port) : `${ended} before it answered.`
  }

  const stop = async (): Promise<boolean> => {
    const running = child
    address = undefined
    if (running?.pid === undefined || ended !== undefined) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    running.once('exit', () => {
      resolve(true)
    })
    running.kill('SIGTERM')
    const late = setTimeout(() => {
      resolve(false)
      running.kill('SIGKILL')
    }, STOP_TIMEOUT_MS)
    const heeded = await promise
    clearTimeout(late)
    return heeded
  }

  return {
    name: order.name,
    getAddress: () => address,
    start: async () => {
      const port = await findFreePort()
      spawnOn(port)
      await waitUntilReady(port)
    },
    stop,
    findEnd: () => ended,
    noteDeath: (step) => {
      deaths.push({ step, how: ended ?? 'ended' })
      address = undefined
    },
    getFacts: () => ({
      name: order.name,
      readyMs,
      problem,
      memoryMb: child?.pid === undefined || ended !== undefined ? null : getMemoryMb(child.pid),
      deaths,
      output: output.toWellFormed(),
    }),
  }
}
