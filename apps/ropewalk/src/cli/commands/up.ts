import { findServerRecord, getTokenFile } from '../home.ts'
import { findLiveServer } from '../connect.ts'
import { startHouse, type Roles } from '../house.ts'
import { withInterrupt, type Interrupt } from '../interrupts.ts'
import { ALL_ROLES } from '../roles.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'

export type UpFlags = CommonFlags & {
  readonly port?: number
  readonly host?: string
  readonly concurrency?: number
  /** Of a worker: it does work of backlogs that asks for one of these, and nothing else. */
  readonly capability?: readonly string[]
}

const untilInterrupted = ({ signal }: Interrupt): Promise<void> =>
  new Promise((resolve) => {
    // The embedded server's watch does not keep a process alive; a process that only works must not end.
    const alive = setInterval(() => undefined, 60_000)
    const end = () => {
      clearInterval(alive)
      resolve()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })

const refuseSecond = async (home: string): Promise<void> => {
  const live = await findLiveServer(home)
  if (live === undefined) return
  const pid = findServerRecord(home)?.pid ?? 0
  throw makeTrouble({
    code: 'CONFLICT',
    what: 'a server of this home is running already',
    why: `it answers at ${live.url} (pid ${pid})`,
    next: `Use it, or end it first: kill ${pid}`,
  })
}

const WORDS = {
  up: 'The API and workers are up',
  serve: 'The API is up, without workers (./ropewalk worker),',
  worker: 'A worker is up',
  relay: 'The relay between ledger and bus is up',
} as const

const ROLES: Readonly<Record<keyof typeof WORDS, Roles>> = {
  up: ALL_ROLES,
  serve: { serve: true, worker: false, timers: true, relay: 'when-used' },
  worker: { serve: false, worker: true, timers: false },
  relay: { serve: false, worker: false, timers: false, relay: 'always' },
}

/** Runs a house in the foreground until it is told to end; then it stops in order. */
export const stayUp = async (
  terminal: Terminal,
  name: keyof typeof WORDS,
  flags: UpFlags,
): Promise<number> => {
  const config = await readSettings(terminal, flags, {
    port: flags.port,
    host: flags.host,
    concurrency: flags.concurrency,
  })
  const roles: Roles =
    flags.capability === undefined
      ? ROLES[name]
      : {
          serve: false,
          worker: false,
          timers: false,
          backlog: { capabilities: flags.capability, bus: 'always' },
        }
  if (roles.serve) await refuseSecond(config.home)
  const [{ makeLog }, { makeSettingsRedactor }] = await Promise.all([
    import('../../log.ts'),
    import('../model-access.ts'),
  ])
  return withInterrupt(async (interrupt) => {
    const house = await startHouse({
      config,
      roles,
      log: makeLog({ level: config.logLevel, redact: makeSettingsRedactor(config) }),
      isEphemeral: false,
      isAnnounced: roles.serve,
    })
    try {
      const tokenFile = getTokenFile(config.home)
      if (flags.json === true)
        terminal.out(
          JSON.stringify({ type: 'up', url: house.url, pid: process.pid, home: config.home, tokenFile }),
        )
      else if (house.url !== null) terminal.out(house.url)
      const what =
        flags.capability === undefined ? WORDS[name] : `A worker of ${flags.capability.join(', ')} is up`
      terminal.say(`${what} for the home ${config.home}. Ctrl-C ends it.`)
      if (house.url !== null && config.port !== 0 && house.port !== config.port)
        terminal.say(`Port ${config.port} is taken, so it listens on ${house.port}.`)
      if (house.url !== null) terminal.say(`The API wants the token in ${tokenFile}.`)
      interrupt.say = () => {
        terminal.say('Ending in order; once more ends at once.')
      }
      await untilInterrupted(interrupt)
    } finally {
      await house.stop()
    }
    return EXIT.ok
  })
}
