import { setTimeout as sleep } from 'node:timers/promises'
import { getEventId } from '@ropewalk/core/ledger/entry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'
import { withClient } from '../support/postgres.ts'
import { CONFINEMENT, makeProgramHome, readRun, type ProgramHome, type Started } from '../support/program.ts'
import { makeRandom } from '../support/random.ts'
import { killAll } from './crash-processes.ts'

/** `ROPEWALK_TEST_KILLS=20` for the whole promise; few enough otherwise for every push. */
const KILLS = Number(process.env['ROPEWALK_TEST_KILLS'] ?? 3)
/** Another seed tries other moments. */
const SEED = Number(process.env['ROPEWALK_TEST_SEED'] ?? 1)
/** Kills of one run before it may come to its end. */
const KILLS_A_RUN = 3
/** From the start of the database, which the first of them hits, to after the last gate. */
const EARLIEST_MS = 300
const LATEST_MS = 9000
/** Tasks of the dead are taken over after this many seconds; the default of 30 would be waited for each time. */
const LEASE = { ROPEWALK_LEASE: '5' }
/** A job that was in hand when everything died counts as lost after a minute, and is looked for once a minute. */
const RESUME_MS = 240_000

type Line = {
  readonly type: string
  readonly runId?: string
  readonly id?: string
  readonly position?: number
}

/** The whole lines of what a killed command had written; it may have died within one. */
const readLines = (stdout: string): readonly Line[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)

/** What the callers of a home were told and may rely on. */
type Told = { readonly events: Map<string, number>; readonly runs: Set<string> }

const remember = (told: Told, stdout: string): string | undefined => {
  const lines = readLines(stdout)
  for (const { id, position } of lines)
    if (id !== undefined && position !== undefined) told.events.set(id, position)
  const runId = lines[0]?.runId
  if (runId !== undefined) told.runs.add(runId)
  return runId
}

describe('kill -9 of every process of a home', () => {
  let program: ProgramHome
  const told: Told = { events: new Map(), runs: new Set() }
  const moments: string[] = []

  beforeAll(async () => {
    program = await makeProgramHome('short')
  })
  afterAll(async () => {
    await program.remove()
  })

  /** Kills a command at a moment; whether it was still at work then. */
  const killAfter = async (started: Started, ms: number): Promise<boolean> => {
    const isOver = await Promise.race([started.ended.then(() => true), sleep(ms, false)])
    if (isOver) return false
    await killAll(program.home, started.child.pid ?? 0)
    await started.ended
    return true
  }

  const startOrResume = (runId: string | undefined): Started =>
    program.start(
      runId === undefined
        ? ['run', 'a link shortener with click counts', '--json', ...CONFINEMENT]
        : ['runs', 'resume', runId, '--json'],
      LEASE,
    )

  it(
    `at ${KILLS} random moments leaves runs that resume to their end`,
    async ({ annotate }) => {
      const random = makeRandom(SEED)
      let kills = 0
      while (kills < KILLS) {
        let runId: string | undefined
        for (let nth = 0; nth < KILLS_A_RUN && kills < KILLS; nth += 1) {
          const ms = Math.round(EARLIEST_MS + random() * (LATEST_MS - EARLIEST_MS))
          const command = startOrResume(runId)
          const wasKilled = await killAfter(command, ms)
          runId = remember(told, command.getStdout()) ?? runId
          const seen = readLines(command.getStdout()).length
          moments.push(
            `${runId ?? 'no run yet'}: ${wasKilled ? 'killed' : 'over'} after ${ms} ms, ${seen} lines`,
          )
          if (!wasKilled) break
          kills += 1
        }
        const since = performance.now()
        const ended = await startOrResume(runId).ended
        remember(told, ended.stdout)
        const { result } = readRun(ended)
        moments.push(`${result.runId}: ${result.verdict} in ${Math.round(performance.now() - since)} ms`)
        expect(result, moments.join('\n')).toMatchObject({ status: 'succeeded' })
        expect(['verified', 'gaps']).toContain(result.verdict)
        expect(ended.exit).toBe(0)
      }
      await annotate(moments.join('\n'))
    },
    KILLS * 30_000 + RESUME_MS,
  )

  it('loses no event that a caller saw, leaves no gap, and completes no task twice', async () => {
    const server = await startEmbeddedPostgres({ homeDir: program.home, log: () => undefined })
    try {
      await withClient(server.url, async (client) => {
        const { rows } = await client.query<{ position: string; body: string; hash: string }>(
          'SELECT position, body, hash FROM ropewalk.ledger ORDER BY position',
        )
        type Told = { readonly type: string; readonly data: { readonly taskId?: string } }
        const events = rows.flatMap(({ position, body, hash }) => {
          const own = (JSON.parse(body) as { events: readonly Told[] }).events
          return own.map((event, index) => ({
            ...event,
            id: getEventId(hash, index),
            position: Number(position) - own.length + 1 + index,
          }))
        })
        expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))
        const stored = new Map<string, number>(events.map(({ id, position }) => [id, position]))
        expect(told.events.size).toBeGreaterThan(100)
        const lost = [...told.events].filter(([id, position]) => stored.get(id) !== position)
        expect(lost).toEqual([])
        const completed = events
          .filter(({ type }) => type === 'task.completed')
          .map(({ data }) => data.taskId)
        expect(new Set(completed).size).toBe(completed.length)
        const { rows: artifacts } = await client.query<{ count: string }>(
          `SELECT count(*) FROM ropewalk.artifacts a
            WHERE NOT EXISTS (SELECT 1 FROM ropewalk.blobs b WHERE b.digest = a.digest AND b.workspace_id = a.workspace_id)`,
        )
        expect(Number(artifacts[0]?.count)).toBe(0)
      })
    } finally {
      await server.stop()
    }
  })

  it('leaves a ledger and dossiers that verify', async () => {
    const ledger = await program.run(['ledger', 'verify', '--json'])
    expect(ledger.exit, ledger.stdout + ledger.stderr).toBe(0)
    for (const runId of told.runs) {
      const dossier = await program.run(['dossier', 'verify', runId, '--json'])
      expect(dossier.exit, dossier.stdout + dossier.stderr).toBe(0)
      expect(JSON.parse(dossier.stdout)).toMatchObject({ standing: 'authentic' })
    }
  })
})
