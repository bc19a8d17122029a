import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A Redis of one test file, on a port and in a folder of its own, gone after `remove`. */
export type RedisServer = {
  readonly url: string
  readonly port: number
  /** SIGSTOP and SIGCONT: it is there and does not answer. */
  freeze(): void
  thaw(): void
  /** kill -9; what was answered for stays in the folder's log of commands. */
  kill(): Promise<void>
  /** Starts it again on the same port, with its data or, forgetful, without. */
  start(options?: { readonly forget?: boolean }): Promise<void>
  remove(): Promise<void>
}

const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** Starts one with `more` on its command line; `--tls-port` among it makes it a server of TLS alone. */
export const startRedisServer = async (more: readonly string[] = []): Promise<RedisServer> => {
  const port = await findFreePort()
  const base = await mkdtemp(join(tmpdir(), 'ropewalk-redis-'))
  const hasTls = more.includes('--tls-port')
  let dir = base
  let child: ChildProcess | undefined
  let told = ''

  const start = async ({ forget = false } = {}) => {
    if (forget) dir = await mkdtemp(join(base, 'empty-'))
    const ports = hasTls ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)]
    const settings = ['--bind', '127.0.0.1', '--dir', dir, '--appendonly', 'yes', '--save', '']
    const started = spawn(
      'redis-server',
      [...ports, ...settings, ...more.filter((arg) => arg !== '--tls-port')],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (text: Buffer) => {
        told += text.toString()
      })
    }
    for (let tries = 0; !(await isListening(port)); tries += 1) {
      if (tries > 400 || started.exitCode !== null) throw new Error(`redis-server did not start: ${told}`)
      await sleep(25)
    }
  }
  const kill = async () => {
    const killed = child
    child = undefined
    if (killed === undefined || killed.exitCode !== null || killed.signalCode !== null) return
    const exited = once(killed, 'exit')
    killed.kill('SIGKILL')
    await exited
  }
  await start()
  return {
    url: `${hasTls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    port,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    kill,
    start,
    remove: async () => {
      await kill()
      await rm(base, { recursive: true, force: true })
    },
  }
}
