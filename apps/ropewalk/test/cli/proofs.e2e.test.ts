import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/store/embedded/start-embedded-postgres.ts'
import {
  BEST_VERDICT,
  CONFINEMENT,
  makeProgramHome,
  type EndedRun,
  type ProgramHome,
} from '../support/program.ts'
import { withClient } from '../support/postgres.ts'

let at: ProgramHome
let first: EndedRun
let dossier: string

beforeAll(async () => {
  at = await makeProgramHome('short')
  first = await at.follow([
    'run',
    'a link shortener with click counts',
    '--json',
    '--deadline',
    '0',
    ...CONFINEMENT,
  ])
  dossier = first.result.dossier ?? ''
})

afterAll(() => at.remove())

const readJson = async (args: readonly string[]): Promise<Record<string, unknown>> => {
  const ended = await at.run([...args, '--json'])
  return JSON.parse(ended.stdout) as Record<string, unknown>
}

describe('run --json', () => {
  test('ends with 0, and names the run in its first line', () => {
    expect(first.exit).toBe(0)
    const [line = ''] = first.stdout.split('\n')
    expect(JSON.parse(line)).toEqual({ type: 'run', runId: first.result.runId })
  })

  test('gives every event once and in order, from the plan to the end', () => {
    const positions = first.events.map((event) => (event as unknown as { position: number }).position)
    expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b))
    const types = first.events.map(({ type }) => type)
    expect(types[0]).toBe('run.planned')
    expect(types).toContain('dossier.published')
    expect(types).toContain('run.succeeded')
  })

  test('ends with the result in its settled form', () => {
    const { result } = first
    expect(Object.keys(result)).toEqual([
      'type',
      'runId',
      'status',
      'verdict',
      'phases',
      'requirements',
      'gaps',
      'costUsd',
      'tokens',
      'simulated',
      'dossier',
      'estimate',
    ])
    expect(result).toMatchObject({
      status: 'succeeded',
      verdict: BEST_VERDICT,
      costUsd: 0,
      tokens: 0,
      simulated: true,
    })
    expect(result.phases.map(({ phase }) => phase)).toEqual([
      'intake',
      'prd',
      'build',
      'story-loop',
      'qa',
      'release',
    ])
    for (const phase of result.phases) {
      expect(Object.keys(phase)).toEqual(['phase', 'status', 'rounds', 'score'])
      expect(phase.status).toBe('passed')
    }
    expect(result.requirements.length).toBeGreaterThan(3)
    for (const requirement of result.requirements) {
      expect(Object.keys(requirement)).toEqual(['id', 'title', 'verdict', 'reasons'])
      expect(requirement.verdict).toBe(BEST_VERDICT)
    }
    expect(existsSync(path.join(dossier, 'index.html'))).toBe(true)
  })

  test('leaves no server, no live database and no file that others can read', () => {
    expect(existsSync(path.join(at.home, 'server.json'))).toBe(false)
    for (const name of ['api-token', 'postgres.json', 'signing-0001.pem'])
      expect(statSync(path.join(at.home, 'keys', name)).mode & 0o777).toBe(0o600)
    expect(statSync(at.home).mode & 0o777).toBe(0o700)
  })

  test('never shows the token', () => {
    const token = readFileSync(path.join(at.home, 'keys', 'api-token'), 'utf8')
    expect(token).toMatch(/^[\w-]{43}$/u)
    expect(at.getWritten()).not.toContain(token)
  })
})

describe('what is told afterwards', () => {
  test('runs list and show, cost, gate, artifacts, logs', async () => {
    const runs = await readJson(['runs', 'list'])
    expect(runs).toMatchObject({ items: [{ id: first.runId, status: 'succeeded', verdict: BEST_VERDICT }] })
    expect(await readJson(['runs', 'show', 'last'])).toMatchObject({ id: first.runId, closed: true })
    expect(await readJson(['cost'])).toMatchObject({ tokens: 0, money: { spentMicros: 0 } })
    expect(await readJson(['gate', 'show', first.runId.slice(0, 13), 'build'])).toMatchObject({
      phase: 'build',
      rounds: [{ round: 1, passed: true }],
    })
    const { items } = (await readJson(['artifacts', 'list', 'last'])) as { items: { name: string }[] }
    expect(items.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['PRD', 'SourceCode', 'ReleaseNotes']),
    )
    const shown = await at.run(['artifacts', 'show', 'last', 'PRD'])
    expect(JSON.parse(shown.stdout)).toHaveProperty('requirements')
    const logs = await at.run(['logs', 'last'])
    expect(logs.stdout).toContain('guard tests')
  })

  test('what is not there ends with 1 and a way on', async () => {
    const ended = await at.run(['runs', 'show', '01a1f860-1a48-7766-89f0-000000000000'])
    expect(ended.exit).toBe(1)
    expect(ended.stderr).toContain('runs list')
  })
})

describe('dossier verify', () => {
  const verify = async (dir: string, ...more: string[]) => {
    const ended = await at.run(['dossier', 'verify', dir, '--json', ...more], {
      // Nothing may be reached: neither a database nor a network.
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    })
    return {
      exit: ended.exit,
      ...(JSON.parse(ended.stdout) as { standing: string; faults: { path: string; what: string }[] }),
    }
  }
  const copy = (name: string): string => {
    const dir = path.join(at.folder, name)
    rmSync(dir, { recursive: true, force: true })
    cpSync(dossier, dir, { recursive: true })
    return dir
  }
  const flip = (file: string, share: number): void => {
    const bytes = readFileSync(file)
    const index = Math.min(bytes.length - 1, Math.floor(bytes.length * share))
    bytes[index] = (bytes[index] ?? 0) ^ 1
    writeFileSync(file, bytes)
  }

  test('knows its own home as the signer, without a database', async () => {
    expect(await verify(first.runId)).toMatchObject({ exit: 0, standing: 'authentic', faults: [] })
  })

  test('says self-consistent to a stranger, authentic to one with the key, and refuses another key', async () => {
    const dir = copy('strange')
    const other = { ROPEWALK_HOME: path.join(at.folder, 'elsewhere') }
    const asStranger = await at.run(['dossier', 'verify', dir], other)
    expect(asStranger.exit).toBe(0)
    expect(asStranger.stdout).toContain('self-consistent')
    expect(existsSync(path.join(at.folder, 'elsewhere'))).toBe(false)
    const key = await at.run(['keys', 'show'])
    writeFileSync(path.join(at.folder, 'key.pem'), key.stdout)
    const withKey = await at.run(['dossier', 'verify', dir, '--key', path.join(at.folder, 'key.pem')], other)
    expect(withKey.stdout).toContain('authentic')
    const foreign = await at.run(['keys', 'show'], { ROPEWALK_HOME: path.join(at.folder, 'foreign') })
    writeFileSync(path.join(at.folder, 'foreign.pem'), foreign.stdout)
    expect((await verify(dir, '--key', path.join(at.folder, 'foreign.pem'))).exit).toBe(1)
  })

  test.each(['index.json', 'statement.dsse.json', 'dossier.json', 'index.html', 'ledger.jsonl'])(
    'finds one changed bit anywhere in %s',
    async (file) => {
      for (const share of [0, 0.33, 0.999]) {
        const dir = copy('flipped')
        flip(path.join(dir, file), share)
        const report = await verify(dir)
        expect(report.exit).toBe(1)
        expect(report.faults.map((fault) => fault.path)).toContain(file)
      }
    },
  )

  test('names a file that was added, removed or put in place of a folder', async () => {
    const added = copy('added')
    writeFileSync(path.join(added, 'artifacts', 'extra.txt'), 'x')
    expect(await verify(added)).toMatchObject({ exit: 1, faults: [{ path: 'artifacts/extra.txt' }] })
    const emptied = copy('emptied')
    mkdirSync(path.join(emptied, 'nothing'))
    expect(await verify(emptied)).toMatchObject({ exit: 1, faults: [{ path: 'nothing' }] })
    const removed = copy('removed')
    const [phase = ''] = readdirSync(path.join(removed, 'artifacts'))
    const [name = ''] = readdirSync(path.join(removed, 'artifacts', phase))
    rmSync(path.join(removed, 'artifacts', phase, name))
    const report = await verify(removed)
    expect(report.exit).toBe(1)
    expect(report.faults.map((fault) => fault.path)).toContain(`artifacts/${phase}/${name}`)
  })
})

describe('export', () => {
  test('of a dossier is a copy that verifies, and never goes over what is there', async () => {
    const to = path.join(at.folder, 'copied')
    expect((await at.run(['dossier', 'export', 'last', '--to', to])).exit).toBe(0)
    expect((await at.run(['dossier', 'verify', to])).exit).toBe(0)
    const again = await at.run(['dossier', 'export', 'last', '--to', to])
    expect(again.exit).toBe(64)
    expect(again.stderr).toContain('not empty')
  })

  test('of a run holds the code at the commit that was accepted, and its service answers', async () => {
    const to = path.join(at.folder, 'with a space', 'exported')
    const ended = await at.run(['runs', 'export', 'last', '--to', to, '--json'])
    expect(ended.exit).toBe(0)
    const { code } = JSON.parse(ended.stdout) as { code: string }
    expect(existsSync(path.join(to, 'dossier', 'index.json'))).toBe(true)
    const { scripts } = JSON.parse(readFileSync(path.join(code, 'package.json'), 'utf8')) as {
      scripts: { start: string }
    }
    const [, ...argv] = scripts.start.split(' ')
    const data = path.join(at.folder, 'data')
    mkdirSync(data, { recursive: true })
    const service = spawn(process.execPath, argv, {
      cwd: code,
      env: { PORT: '0', DATA_DIR: data },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let said = ''
      service.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await vi.waitUntil(() => said.includes('\n') || service.exitCode !== null, { timeout: 60_000 })
      const url = /http:\/\/[^\s]+/u.exec(said)?.[0] ?? ''
      const answer = await fetch(url)
      expect(answer.status).toBeLessThan(500)
    } finally {
      service.kill('SIGKILL')
    }
  })
})

describe('ledger verify', () => {
  let server: EmbeddedPostgres
  const sql = (work: (client: pg.Client) => Promise<unknown>) =>
    withClient(server.url, async (client) => {
      // Past the guards of the tables, as one who owns the machine could.
      await client.query('SET session_replication_role = replica')
      await work(client)
    })
  const verify = async (...args: string[]) => {
    const ended = await at.run(['ledger', 'verify', ...args, '--json'])
    return {
      exit: ended.exit,
      ...(JSON.parse(ended.stdout) as { ok: boolean; first: { seq: number; what: string } | null }),
    }
  }

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ homeDir: at.home, log: () => undefined })
    await sql(async (client) => {
      await client.query('CREATE TABLE public.kept AS TABLE ropewalk.ledger')
      await client.query('CREATE TABLE public.kept_runs AS TABLE ropewalk.runs')
    })
  })

  afterAll(() => server.stop())

  const restore = () =>
    sql(async (client) => {
      await client.query('DELETE FROM ropewalk.ledger')
      await client.query('INSERT INTO ropewalk.ledger SELECT * FROM public.kept')
      await client.query('DELETE FROM ropewalk.runs')
      await client.query('INSERT INTO ropewalk.runs SELECT * FROM public.kept_runs')
    })

  test('finds it whole when nobody touched it', async () => {
    expect(await verify()).toMatchObject({ exit: 0, ok: true, first: null })
    expect(await verify(first.runId)).toMatchObject({ exit: 0, ok: true })
  })

  test.each([
    ['an edited entry', `UPDATE ropewalk.ledger SET body = replace(body, '"v":1', '"v":2') WHERE seq = 7`, 7],
    ['an edited column', `UPDATE ropewalk.ledger SET types = 'run.cancelled' WHERE seq = 5`, 5],
    [
      'an edited entry whose hash was made to fit',
      `UPDATE ropewalk.ledger SET body = replace(body, '"v":1', '"v":2') WHERE seq = 7;
       UPDATE ropewalk.ledger SET hash = encode(sha256(convert_to(body, 'UTF8')), 'hex') WHERE seq = 7`,
      8,
    ],
    ['a deleted entry', 'DELETE FROM ropewalk.ledger WHERE seq = 9', 9],
    ['a deleted first entry', 'DELETE FROM ropewalk.ledger WHERE seq = 1', 1],
    [
      'two swapped entries',
      `UPDATE ropewalk.ledger SET seq = 99999 WHERE seq = 11; UPDATE ropewalk.ledger SET seq = 11 WHERE seq = 12;
       UPDATE ropewalk.ledger SET seq = 12 WHERE seq = 99999`,
      11,
    ],
  ])('names %s', async (_title, change, seq) => {
    try {
      await sql((client) => client.query(change))
      const found = await verify()
      expect(found.exit).toBe(1)
      expect(found.first?.seq).toBe(seq)
    } finally {
      await restore()
    }
  })

  test('names an entry that was put in between', async () => {
    try {
      await sql(async (client) => {
        await client.query(
          'UPDATE ropewalk.ledger SET seq = seq + 100001 WHERE seq >= 6; UPDATE ropewalk.ledger SET seq = seq - 100000 WHERE seq > 100000',
        )
        await client.query(
          `CREATE TEMPORARY TABLE forged AS TABLE public.kept;
           DELETE FROM forged WHERE seq <> 3;
           UPDATE forged SET seq = 6, position = 1000000;
           INSERT INTO ropewalk.ledger SELECT * FROM forged`,
        )
      })
      const found = await verify()
      expect(found).toMatchObject({ exit: 1, first: { seq: 6 } })
    } finally {
      await restore()
    }
  })

  test('names the first entry of a tail that was cut, also where the run was made to forget it', async () => {
    try {
      await sql((client) => client.query('DELETE FROM ropewalk.ledger WHERE seq > 20'))
      expect(await verify()).toMatchObject({ exit: 1, first: { seq: 21 } })
      await sql((client) =>
        client.query(
          `UPDATE ropewalk.runs SET version = 20, head_hash = (SELECT hash FROM ropewalk.ledger WHERE seq = 20)`,
        ),
      )
      const found = await verify()
      expect(found).toMatchObject({ exit: 1, first: { seq: 21 } })
      expect(found.first?.what).toContain('signed head')
    } finally {
      await restore()
    }
  })

  test('finds a run of which nothing is left in the database', async () => {
    try {
      await sql((client) => client.query('DELETE FROM ropewalk.ledger; DELETE FROM ropewalk.runs'))
      const found = await verify()
      expect(found).toMatchObject({ exit: 1, first: { seq: 1 } })
      expect(found.first?.what).toContain('a signed head remembers')
    } finally {
      await restore()
    }
  })
})
