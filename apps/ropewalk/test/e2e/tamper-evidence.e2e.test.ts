import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sha256 } from '@ropewalk/core/canonical'
import { parsePublicKey } from '@ropewalk/core/dossier/keys'
import { verifyDossier, type DossierFolder } from '@ropewalk/core/dossier/verify'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDossierFolder } from '../../src/engine/dossier/open-dossier-folder.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'
import { withClient } from '../support/postgres.ts'
import { CONFINEMENT, makeProgramHome, type EndedRun, type ProgramHome } from '../support/program.ts'

let program: ProgramHome
let run: EndedRun
let dossier: string

beforeAll(async () => {
  program = await makeProgramHome('short')
  run = await program.follow([
    'run',
    'a link shortener with click counts',
    '--json',
    '--deadline',
    '0',
    ...CONFINEMENT,
  ])
  dossier = run.result.dossier ?? ''
})
afterAll(async () => {
  await program.remove()
})

const flip = (bytes: Buffer, index: number, bit = index % 8): Buffer => {
  const copy = Buffer.from(bytes)
  copy[index] = (copy[index] ?? 0) ^ (1 << bit)
  return copy
}

describe('dossier verify', () => {
  const listFiles = (folder: DossierFolder) =>
    folder.entries.filter(({ kind }) => kind === 'file').map((entry) => entry.path)

  /** What verification says of the folder with one file's bytes replaced. */
  const verifyWith = (folder: DossierFolder, name: string, bytes: Buffer) =>
    verifyDossier({ ...folder, read: (asked) => (asked === name ? bytes : folder.read(asked)) }, [
      parsePublicKey(folder.read('public-key.pem')),
    ])

  it.each([
    ['index.json', 1],
    ['statement.dsse.json', 1],
    // Every byte of a short one is flipped in the tests of verification itself.
    ['dossier.json', 61],
  ])('finds a flipped byte in %s, tried at every %i. place', (name, step) => {
    const folder = openDossierFolder(dossier)
    const bytes = folder.read(name)
    const missed: number[] = []
    for (let index = 0; index < bytes.length; index += step) {
      const report = verifyWith(folder, name, flip(bytes, index))
      if (report.standing !== 'broken' || report.faults[0]?.path !== name) missed.push(index)
    }
    expect(missed).toEqual([])
  })

  it('finds a flip at the start, in the middle and at the end of every file, and names the file', () => {
    const folder = openDossierFolder(dossier)
    const names = listFiles(folder).filter((name) => name !== 'public-key.pem')
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) {
      const bytes = folder.read(name)
      for (const index of new Set([0, bytes.length >> 1, bytes.length - 1])) {
        const report = verifyWith(folder, name, flip(bytes, index))
        expect([name, report.standing, report.faults[0]?.path]).toEqual([name, 'broken', name])
      }
    }
  })

  it.each<[string, string, (dir: string, name: string) => void]>([
    [
      'a changed file',
      'ledger.jsonl',
      (dir, name) => {
        writeFileSync(path.join(dir, name), flip(readFileSync(path.join(dir, name)), 100))
      },
    ],
    [
      'an added file',
      'artifacts/more.txt',
      (dir, name) => {
        writeFileSync(path.join(dir, name), 'x')
      },
    ],
    [
      'a removed file',
      'index.html',
      (dir, name) => {
        rmSync(path.join(dir, name))
      },
    ],
  ])('ends with 1 and names %s, without a database', async (_what, name, tamper) => {
    const copy = path.join(program.folder, `copy-${path.basename(name)}`)
    cpSync(dossier, copy, { recursive: true })
    const before = await program.run(['dossier', 'verify', copy])
    expect(before.exit, before.stderr).toBe(0)
    tamper(copy, name)
    const { exit, stdout } = await program.run(['dossier', 'verify', copy])
    expect(exit).toBe(1)
    expect(stdout).toContain(`${name} `)
  })
})

type Verified = {
  readonly ok: boolean
  readonly first: { readonly seq: number; readonly what: string } | null
}

describe('ledger verify', () => {
  let server: Awaited<ReturnType<typeof startEmbeddedPostgres>>

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ homeDir: program.home, log: () => undefined })
    await asAttacker(async (client) => {
      await client.query('CREATE TABLE public.events_before AS SELECT * FROM ropewalk.ledger')
      await client.query('CREATE TABLE public.runs_before AS SELECT * FROM ropewalk.runs')
    })
  })
  afterAll(async () => {
    await server.stop()
  })

  /** The superuser of the database, whom neither grants nor triggers stop. */
  const asAttacker = <T>(work: (client: pg.Client) => Promise<T>): Promise<T> =>
    withClient(server.url, async (client) => {
      await client.query(`SET session_replication_role = 'replica'; SET row_security = off`)
      return work(client)
    })

  const restore = () =>
    asAttacker(async (client) => {
      await client.query(`BEGIN; DELETE FROM ropewalk.ledger; INSERT INTO ropewalk.ledger SELECT * FROM public.events_before;
        UPDATE ropewalk.runs r SET version = b.version, head_hash = b.head_hash FROM public.runs_before b WHERE b.id = r.id;
        COMMIT`)
    })

  const verify = async (): Promise<Verified & { readonly exit: number | null }> => {
    const { exit, stdout, stderr } = await program.run(['ledger', 'verify', '--json'])
    expect(stderr).toBe('')
    return { exit, ...(JSON.parse(stdout) as Verified) }
  }

  /** Makes hashes and links anew from an entry on, as somebody would who knows how the chain is made. */
  const rehash = async (client: pg.Client, from: number): Promise<void> => {
    const { rows } = await client.query<{ seq: string; body: string; hash: string }>(
      'SELECT seq, body, hash FROM ropewalk.ledger ORDER BY seq',
    )
    let prev = rows[from - 2]?.hash ?? ''
    for (const { seq, body } of rows.slice(from - 1)) {
      const linked = body.replace(/"prev":"[0-9a-f]{64}"/u, `"prev":"${prev}"`)
      prev = sha256(linked)
      await client.query('UPDATE ropewalk.ledger SET body = $1, hash = $2 WHERE seq = $3', [
        linked,
        prev,
        seq,
      ])
    }
    await client.query('UPDATE ropewalk.runs SET head_hash = $1', [prev])
  }

  it('finds nothing in an untouched one', async () => {
    expect(await verify()).toMatchObject({ exit: 0, ok: true, first: null })
  })

  const SWAP = `UPDATE ropewalk.ledger SET seq = 10020 WHERE seq = 20; UPDATE ropewalk.ledger SET seq = 20 WHERE seq = 21;
    UPDATE ropewalk.ledger SET seq = 21 WHERE seq = 10020`
  const INSERT = `UPDATE ropewalk.ledger SET seq = seq + 10000 WHERE seq >= 20;
    UPDATE ropewalk.ledger SET seq = seq - 9999 WHERE seq >= 10000;
    INSERT INTO ropewalk.ledger SELECT stream_id, 20, workspace_id, 1000000, events, types, at, body, hash FROM ropewalk.ledger WHERE seq = 19`
  it.each<[string, number, string]>([
    [
      'an edited body',
      20,
      `UPDATE ropewalk.ledger SET body = replace(body, '"v":1', '"v":2') WHERE seq = 20`,
    ],
    ['an edited column', 20, `UPDATE ropewalk.ledger SET types = 'run.closed' WHERE seq = 20`],
    ['an edited time', 20, `UPDATE ropewalk.ledger SET at = at + interval '1 ms' WHERE seq = 20`],
    ['another workspace', 20, `UPDATE ropewalk.ledger SET workspace_id = 'other' WHERE seq = 20`],
    ['a deleted entry', 20, 'DELETE FROM ropewalk.ledger WHERE seq = 20'],
    ['a deleted beginning', 1, 'DELETE FROM ropewalk.ledger WHERE seq = 1'],
    ['two entries swapped', 20, SWAP],
    ['an inserted entry', 20, INSERT],
  ])('ends with 1 and names the first bad entry of %s', async (_what, seq, sql) => {
    await asAttacker((client) => client.query(sql))
    try {
      expect(await verify()).toMatchObject({ exit: 1, ok: false, first: { seq } })
    } finally {
      await restore()
    }
  })

  it('finds a tail cut together with the run’s own memory of it, by the signed head', async () => {
    const kept = await asAttacker(async (client) => {
      const { rows } = await client
        .query<{ last: string }>(
          `DELETE FROM ropewalk.ledger WHERE seq > (SELECT max(seq) - 4 FROM ropewalk.ledger);
         UPDATE ropewalk.runs r SET version = e.seq, head_hash = e.hash
           FROM ropewalk.ledger e WHERE e.seq = (SELECT max(seq) FROM ropewalk.ledger)`,
        )
        .then(() => client.query<{ last: string }>('SELECT max(seq) AS last FROM ropewalk.ledger'))
      return Number(rows[0]?.last)
    })
    try {
      expect(await verify()).toMatchObject({ exit: 1, first: { seq: kept + 1 } })
    } finally {
      await restore()
    }
  })

  it('finds a chain that was made anew from an edit on, by the signed head', async () => {
    await asAttacker(async (client) => {
      await client.query(`UPDATE ropewalk.ledger SET body = replace(body, '"v":1', '"v":2') WHERE seq = 20`)
      await rehash(client, 20)
    })
    try {
      const found = await verify()
      expect(found).toMatchObject({ exit: 1, ok: false })
      // The first head signed after the edit: nothing before it is remembered outside the database.
      expect(found.first?.seq).toBeGreaterThanOrEqual(20)
      expect(found.first?.what).toMatch(/rewritten/u)
    } finally {
      await restore()
    }
    expect(await verify()).toMatchObject({ exit: 0, ok: true })
  })
})
