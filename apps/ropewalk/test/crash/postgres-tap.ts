import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { makeMessageCutter, makeUnitReader, type Unit } from './wire.ts'

/** Where a process is to die: at the n-th write of this name, before Postgres has it or before the answer is heard. */
export type Trap = { readonly write: string; readonly nth: number; readonly when: 'before' | 'after' }

export type Tap = {
  /** The same login and database through the tap. */
  readonly urlThrough: (url: string) => string
  /** The names of all writes that passed, in order. */
  readonly writes: readonly string[]
  /** Sets what the next process dies at; `spring` is called when it comes, and must end that process. */
  readonly setTrap: (trap: Trap | undefined, spring: () => void) => void
  readonly stop: () => Promise<void>
}

/** What no run waits for: pg-boss's own rows, schedules, positions of readers. */
export const HOUSEKEEPING = 'housekeeping'

const WRITES = /\b(?:INSERT\s+INTO|UPDATE\s+\w|DELETE\s+FROM)/iu
const BEGINS = /^\s*(?:BEGIN|START TRANSACTION)/iu
const QUEUE = /[a-z]+-(?:clock|deadline|question|dossier|report|run|head|message)/u
const COMMITS = /(?:^|;)\s*COMMIT\b/iu
const ENDS = /(?:^|;)\s*(?:COMMIT|ROLLBACK)\b/iu

/** pg-boss's taking and settling of jobs, by queue. Everything else of it is housekeeping between runs. */
const nameJobWrite = (text: string, values: Buffer): string | undefined => {
  const taken = /SET\s+state = 'active'/u.test(text) ? /name = '([\w-]+)'/u.exec(text)?.[1] : undefined
  if (taken !== undefined) return `take ${taken}`
  const settled = /name = \$1/u.test(text) && /state = 'completed'/u.test(text)
  return settled ? `settle ${QUEUE.exec(values.toString('latin1'))?.[0] ?? '?'}` : undefined
}

type Transaction = { isWriting: boolean; name: string | undefined; queues: string[] }

/** A write that a unit makes durable, and the queues into which it put jobs. */
type Write = { readonly name: string; readonly queues: readonly string[] }

/** What a write is called: the event that a command led to first, the store's own statement, or the job's queue. */
const nameStatement = ({ name, text, values }: Unit['statements'][number]): string | undefined => {
  if (name === 'append_entries')
    return `command ${/"type":"(\w+\.[\w.]+)"/u.exec(values.toString('latin1'))?.[1] ?? '?'}`
  if (name === 'insert_answers') return 'kept refusal'
  if (/^(?:claim_tasks|claim_work|put_blob|save_checkpoint|append_log|heartbeat|move_cursors)$/u.test(name))
    return name
  return /pgboss/u.test(text) ? nameJobWrite(text, values) : undefined
}

/** Follows one connection's transactions: gives the write that a unit makes durable, if it makes one. */
const makeWriteFinder = (): ((unit: Unit) => Write | undefined) => {
  let open: Transaction | undefined
  return ({ statements }) => {
    let found: Write | undefined
    for (const statement of statements) {
      const { text } = statement
      const isWriting = WRITES.test(text.replaceAll(/FOR (?:NO KEY )?UPDATE/giu, ''))
      const name = isWriting ? nameStatement(statement) : undefined
      if (BEGINS.test(text) && !ENDS.test(text)) {
        open = { isWriting, name, queues: [] }
      } else if (open !== undefined && ENDS.test(text)) {
        if (open.isWriting && COMMITS.test(text))
          found = { name: open.name ?? HOUSEKEEPING, queues: open.queues }
        open = undefined
      } else if (open !== undefined) {
        open.isWriting ||= isWriting
        // A command's name says more than that of what goes with it.
        if (name !== undefined && (open.name === undefined || name.startsWith('command'))) open.name = name
        if (statement.name.startsWith('jobs_')) open.queues.push(statement.name.slice('jobs_'.length))
      } else if (isWriting) found = { name: name ?? HOUSEKEEPING, queues: [] }
    }
    return found
  }
}

/** What all connections of a tap share. */
type Shared = {
  readonly writes: string[]
  /** Queues with jobs that nobody was handed yet. */
  readonly armed: Set<string>
  trap: Trap | undefined
  spring: () => void
}

/** Whether the next write of this name is the one to die at. */
const isTrapped = ({ trap, writes }: Shared, name: string, when: Trap['when']): boolean =>
  trap !== undefined &&
  trap.write === name &&
  trap.when === when &&
  writes.filter((write) => write === name).length === trap.nth - 1

/** What a unit that is on its way to the server is waiting for. */
type Asked = { readonly name: string; readonly isTake: boolean; rows: number; readonly held: Buffer[] }

const TAKE = 'take '

/**
 * One connection. Answers to a write are held until they are whole, for only then the write is known to
 * have happened; a queue that is asked in vain, as it is twice a second, is no write.
 */
const serve = (client: Socket, server: Socket, shared: Shared): void => {
  const readClient = makeMessageCutter(true)
  const readServer = makeMessageCutter(false)
  const readUnit = makeUnitReader()
  const findWrite = makeWriteFinder()
  // The server says that it is ready once after the login and then once for each unit.
  const asked: (Asked | undefined)[] = [undefined]
  let isOver = false

  const pass = (unit: Unit): void => {
    const write = findWrite(unit)
    const queue = write?.name.startsWith(TAKE) === true ? write.name.slice(TAKE.length) : undefined
    if (write !== undefined && (queue === undefined || shared.armed.has(queue))) {
      if (isTrapped(shared, write.name, 'before')) {
        isOver = true
        shared.spring()
        return
      }
    }
    for (const filled of write?.queues ?? []) shared.armed.add(filled)
    if (unit.statements.length > 0) {
      asked.push(write && { name: write.name, isTake: queue !== undefined, rows: 0, held: [] })
    }
    server.write(unit.bytes)
  }

  /** The answer to a write is whole. */
  const settle = ({ name, isTake, rows, held }: Asked): void => {
    if (!isTake || rows > 0) {
      if (isTake) shared.armed.delete(name.slice(TAKE.length))
      // A take that was asked for before its queue was filled may come back full: the next best moment is now.
      const slipped = isTake && isTrapped(shared, name, 'before')
      const isHere = slipped || isTrapped(shared, name, 'after')
      shared.writes.push(name)
      if (isHere) {
        isOver = true
        shared.spring()
        return
      }
    }
    client.write(Buffer.concat(held))
  }

  client.on('data', (chunk: Buffer) => {
    for (const message of readClient(chunk)) {
      const unit = readUnit(message)
      if (unit !== undefined && !isOver) pass(unit)
    }
  })
  server.on('data', (chunk: Buffer) => {
    for (const { type, bytes } of readServer(chunk)) {
      if (isOver) return
      const [answering] = asked
      if (answering === undefined) client.write(bytes)
      else answering.held.push(bytes)
      if (answering !== undefined && type === 'D') answering.rows += 1
      if (type !== 'Z') continue
      asked.shift()
      if (answering !== undefined) settle(answering)
    }
  })
}

/** Stands between a process and Postgres on a Unix socket of its own and sees each write pass. */
export const startTap = async (databaseUrl: string): Promise<Tap> => {
  const query = new URLSearchParams(databaseUrl.slice(databaseUrl.indexOf('?')))
  const port = query.get('port') ?? '5432'
  const target = `${query.get('host') ?? ''}/.s.PGSQL.${port}`
  const folder = await mkdtemp(path.join(tmpdir(), 'ropewalk-tap-'))
  const sockets = new Set<Socket>()
  const shared: Shared = { writes: [], armed: new Set(), trap: undefined, spring: () => undefined }
  const listener = createServer((client) => {
    const server = connect(target)
    const close = () => {
      for (const socket of [client, server]) {
        sockets.delete(socket)
        socket.destroy()
      }
    }
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', close)
      socket.on('close', close)
    }
    serve(client, server, shared)
  })
  await new Promise<void>((resolve) => {
    listener.listen(path.join(folder, `.s.PGSQL.${port}`), resolve)
  })
  return {
    writes: shared.writes,
    urlThrough: (url) => url.replace(/host=[^&]*/u, `host=${encodeURIComponent(folder)}`),
    setTrap: (trap, spring) => {
      Object.assign(shared, { trap, spring })
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => {
        listener.close(() => resolve())
      })
      await rm(folder, { recursive: true, force: true })
    },
  }
}
