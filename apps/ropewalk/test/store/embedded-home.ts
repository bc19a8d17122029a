import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isOpenToAll } from '../../src/store/embedded/binaries.ts'
import { findLayout } from '../../src/store/embedded/layout.ts'
import type { Layout, ServerUser } from '../../src/store/embedded/layout.ts'
import { listServerProcesses, sendSignal, waitUntil } from '../../src/store/embedded/processes.ts'

const HOST = fileURLToPath(new URL('embedded-host.ts', import.meta.url))

export type Ready = {
  readonly url: string
  readonly pid: number
  readonly socketDir: string
  readonly dataDir: string
  readonly isOwner: boolean
}

/** What one line of the host's output may hold. */
type Fact = {
  readonly ready?: Ready
  readonly log?: string
  readonly exit?: string
  readonly acknowledged?: number
}

/** A process that owns or has joined the server of a home; `facts` grows while it lives. */
export type Host = {
  readonly process: ChildProcess
  readonly facts: readonly Fact[]
  readonly ready: Promise<Ready>
  /** kill -9, and waits for its end. */
  kill(): Promise<void>
}

export const isRoot = process.geteuid?.() === 0

/** Whether an ordinary uid could read this checkout and run this Node; false in a checkout below a 0700 home. */
const isReadableToAll = (await isOpenToAll(dirname(HOST))) && (await isOpenToAll(dirname(process.execPath)))

/** Whether hosts can run as a user other than ours. */
export const canRunAsOthers = isRoot && isReadableToAll

/** A home in the temporary folder, and what is needed to leave nothing of it behind. */
export class TestHome {
  readonly homeDir: string
  readonly layout: Layout
  readonly #folder: string
  readonly #user: ServerUser | undefined
  readonly #hosts: Host[] = []

  private constructor(folder: string, homeDir: string, layout: Layout, user: ServerUser | undefined) {
    this.#folder = folder
    this.homeDir = homeDir
    this.layout = layout
    this.#user = user
  }

  /** `below` is a path inside the temporary folder; `user` is who the hosts run as, ourselves unless given. */
  static async make({ below = 'home', user }: { below?: string; user?: ServerUser } = {}): Promise<TestHome> {
    const folder = await mkdtemp(join(tmpdir(), 'ropewalk-embedded-'))
    if (user !== undefined) await chown(folder, user.uid, user.gid)
    const homeDir = join(folder, below)
    const layout = await findLayout(homeDir)
    if (user === undefined) return new TestHome(folder, homeDir, layout, undefined)
    const baseDir = join(homeDir, 'postgres')
    const asUser = { ...layout, baseDir, dataDir: join(baseDir, 'data'), runAs: user }
    return new TestHome(folder, homeDir, asUser, user)
  }

  startHost({
    mode = 'idle',
    env = {},
  }: { mode?: 'idle' | 'write'; env?: Record<string, string> } = {}): Host {
    const child = spawn(process.execPath, [HOST, this.homeDir, mode], {
      env: { PATH: '/usr/bin:/bin', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...this.#user,
    })
    const facts: Fact[] = []
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    const ready = new Promise<Ready>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const fact = JSON.parse(line) as Fact
        facts.push(fact)
        if (fact.ready !== undefined) resolve(fact.ready)
      })
      child.once('exit', () => {
        reject(new Error(`the host ended before it was ready: ${errors}`))
      })
    })
    // A host that is killed on purpose before it is ready is no unhandled failure.
    ready.catch(() => undefined)
    const host = { process: child, facts, ready, kill: () => endProcess(child, 'SIGKILL') }
    this.#hosts.push(host)
    return host
  }

  /** The processes of this home's server and of no other. */
  listServer(): Promise<readonly number[]> {
    return listServerProcesses(this.layout)
  }

  /** kill -9 of every process of this home, hosts first or last as they come. */
  async killEverything(): Promise<void> {
    const servers = await this.listServer()
    await Promise.all(this.#hosts.map((host) => host.kill()))
    for (const pid of servers) sendSignal(pid, 'SIGKILL')
  }

  async remove(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.kill()))
    await waitUntil(async () => {
      const servers = await this.listServer()
      for (const pid of servers) sendSignal(pid, 'SIGKILL')
      return servers.length === 0
    }, 5_000)
    for (const name of await readdir(tmpdir())) {
      if (name.startsWith(`${this.layout.clusterName}-`)) await rm(join(tmpdir(), name), { recursive: true })
    }
    await rm(this.#folder, { recursive: true, force: true })
    await rm(this.layout.baseDir, { recursive: true, force: true })
  }
}

/** Sends `signal` to a process of ours and waits for its end. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
