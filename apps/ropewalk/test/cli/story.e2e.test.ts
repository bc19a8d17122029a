import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Comparison } from '@ropewalk/core/contract/api/comparison'
import type { CostDetail } from '@ropewalk/core/contract/api/records'
import type { RunDetail, RunSummary } from '@ropewalk/core/contract/api/runs'
import { StoryLine } from '@ropewalk/core/contract/api/story'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { Prd } from '@ropewalk/core/contract/documents'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CONFINEMENT,
  makeProgramHome,
  type EndedRun,
  type ProgramHome,
  type Started,
} from '../support/program.ts'

const IDEA = 'a recipe box for a family of five'

let at: ProgramHome
/** One run through all phases, which every test looks at and none changes. */
let recorded: EndedRun

/** What commands lean on, so that none of them has to start the database. */
let shared: Server

type Server = { readonly url: string; readonly pid: number; readonly started: Started }

const startServer = async (): Promise<Server> => {
  const started = at.start(['up'])
  const file = path.join(at.home, 'server.json')
  for (;;) {
    try {
      const { url, pid } = JSON.parse(readFileSync(file, 'utf8')) as { url: string; pid: number }
      if (pid === started.child.pid) return { url, pid, started }
    } catch (error) {
      if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    await sleep(200)
  }
}

const stopServer = async ({ started }: Server): Promise<void> => {
  started.child.kill('SIGTERM')
  await started.ended
}

beforeAll(async () => {
  at = await makeProgramHome('short')
  recorded = await at.follow(['run', IDEA, '--json', '--clarification', 'autonomous', ...CONFINEMENT])
  shared = await startServer()
}, 300_000)
afterAll(async () => {
  await at.remove()
})

const readJson = async <T>(args: readonly string[]): Promise<T> => {
  const { exit, stdout, stderr } = await at.run([...args, '--json'])
  expect(exit, stderr).toBe(0)
  return JSON.parse(stdout) as T
}

const readStory = async (runId: string, more: readonly string[] = []): Promise<StoryLine[]> => {
  const { exit, stdout, stderr } = await at.run(['runs', 'replay', runId, '--json', ...more])
  expect(exit, stderr).toBe(0)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => StoryLine.parse(JSON.parse(line)))
}

const readRun = (runId: string) => readJson<RunDetail>(['runs', 'show', runId])

const listArtifacts = async (runId: string): Promise<readonly Artifact[]> =>
  (await readJson<{ items: Artifact[] }>(['artifacts', 'list', runId])).items

const readPrd = async (): Promise<Prd> =>
  JSON.parse((await at.run(['artifacts', 'show', recorded.runId, 'PRD'])).stdout) as Prd

const writeDocument = (name: string, value: unknown): string => {
  const file = path.join(at.folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(value))
  return file
}

/** The PRD with another title for its last requirement: valid, and told apart. */
const writeOtherPrd = async (): Promise<string> => {
  const prd = await readPrd()
  const requirements = prd.requirements.map((requirement, index) =>
    index === prd.requirements.length - 1 ? { ...requirement, title: 'Renamed by a person' } : requirement,
  )
  return writeDocument('prd', { ...prd, requirements })
}

describe('the story of a run', () => {
  test('tells every phase from the idea to the closed books, in order, in words', async () => {
    const story = await readStory(recorded.runId)
    expect(story[0]?.text).toContain(IDEA)
    expect(story.at(-1)?.text).toMatch(/^The books were closed/u)
    const phases = recorded.result.phases.map(({ phase }) => phase)
    const begun = story.filter(({ kind, text }) => kind === 'phase' && / began: /u.test(text))
    expect(begun.map(({ phase }) => phase).toSorted()).toEqual(phases.toSorted())
    for (const phase of phases)
      expect(
        story.some(
          (line) => line.kind === 'gate' && line.phase === phase && / passed with /u.test(line.text),
        ),
      ).toBe(true)
    const positions = story.map(({ position }) => position)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    for (const { text } of story) expect(text).not.toMatch(/undefined|NaN|\[object|null/u)
  })

  test('is the same each time, and begins where it is asked to', async () => {
    const once = await at.run(['runs', 'replay', recorded.runId])
    const again = await at.run(['runs', 'replay', recorded.runId, '--instant'])
    const late = await readStory(recorded.runId, ['--from', 'qa'])
    expect(once.exit).toBe(0)
    expect(again.stdout).toBe(once.stdout)
    expect(late[0]).toMatchObject({ phase: 'qa', kind: 'phase' })
    expect(late.at(-1)?.text).toMatch(/^The books were closed/u)
  })

  test('keeps the time of the run when asked, and refuses what makes no sense', async () => {
    const { exit, stdout } = await at.run([
      'runs',
      'replay',
      recorded.runId,
      '--from',
      'release',
      '--speed',
      '100',
    ])
    expect([exit, stdout.includes('release began')]).toEqual([0, true])
    const unknown = await at.run(['runs', 'replay', recorded.runId, '--from', 'nope'])
    expect(unknown.exit).toBe(64)
    expect(unknown.stderr).toContain('intake, prd')
    expect((await at.run(['runs', 'replay', recorded.runId, '--speed', '0'])).exit).toBe(64)
    expect((await at.run(['runs', 'replay', recorded.runId, '--speed', '2', '--instant'])).exit).toBe(64)
  })
})

describe('expected and used', () => {
  test('a run of the offline model expects nothing, uses nothing, and is no measure of others', async () => {
    const cost = await readJson<CostDetail>(['runs', 'cost', recorded.runId])
    expect(cost.estimate).toMatchObject({ basis: 'none', highUsd: 0, actualTokens: 0, standing: 'none' })
    const real = await at.run(['plan', IDEA, '--model', 'openai/gpt-5', '--json'])
    expect(JSON.parse(real.stdout)).toMatchObject({
      estimate: { basis: 'playbook', runs: 0, price: 'listed' },
    })
    const short = await at.run(['plan', IDEA, '--model', 'openai/gpt-5', '--budget', '0.01'])
    expect(short.stdout).toContain('from the playbook')
    expect(short.stdout).toContain('the run will stop for want of money')
  })
})

describe('a fork', () => {
  let forked: EndedRun
  let before: RunDetail

  beforeAll(async () => {
    before = await readRun(recorded.runId)
    forked = await at.follow([
      ...['runs', 'fork', recorded.runId, '--from', 'release', '--edit', `PRD=${await writeOtherPrd()}`],
      ...['--budget', '1', '--json'],
    ])
  }, 180_000)

  test('goes on from its phase with money of its own and leaves the other as it was', async () => {
    const run = await readRun(forked.runId)
    expect(run).toMatchObject({
      forkOf: recorded.runId,
      status: 'succeeded',
      money: { capMicros: 1_000_000 },
    })
    expect(run.phases.filter(({ startedAt }) => startedAt !== null).map(({ phase }) => phase)).toEqual([
      'release',
    ])
    expect(await readRun(recorded.runId)).toEqual(before)
    expect((await at.run(['ledger', 'verify'])).exit).toBe(0)
  })

  test('knows who made what it took over, and who changed it', async () => {
    const [ours, theirs] = [await listArtifacts(recorded.runId), await listArtifacts(forked.runId)]
    const newest = (items: readonly Artifact[], name: string) => items.findLast((each) => each.name === name)
    const [stories, taken] = [newest(ours, 'UserStories'), newest(theirs, 'UserStories')]
    expect(taken?.digest).toBe(stories?.digest)
    expect(taken?.lineage.maker).toEqual(stories?.lineage.maker)
    expect(taken?.lineage.inputArtifactIds).toEqual([stories?.id])
    expect(newest(theirs, 'PRD')?.lineage).toMatchObject({
      maker: { kind: 'person' },
      inputArtifactIds: [newest(ours, 'PRD')?.id],
    })
  })

  test('tells so in its story', async () => {
    const story = await readStory(forked.runId)
    expect(story[0]?.details.join(' ')).toContain(`fork of run ${recorded.runId}`)
    const prd = story.find(({ phase, text }) => phase === 'prd' && / was taken over /u.test(text))
    expect(prd?.details.at(-1)).toBe('Changed by hand: PRD.')
    expect(
      story.filter(({ details }) => details.some((line) => line.startsWith('Changed by hand'))),
    ).toHaveLength(1)
  })

  test('is compared with the run it came from', async () => {
    const compared = Comparison.parse(await readJson(['runs', 'compare', recorded.runId, forked.runId]))
    expect(compared.relation).toBe('fork')
    expect(compared.plan).toEqual([{ what: 'budget', a: '$5.00', b: '$1.00' }])
    expect(compared.requirements.filter(({ state }) => state !== 'same')).toMatchObject([
      { state: 'changed', idInB: null },
    ])
    const prd = compared.artifacts.items.find(({ name }) => name === 'PRD')
    expect(prd?.diff?.lines.join('\n')).toMatch(/^\+ .*Renamed by a person/mu)
    expect(compared.artifacts.items.map(({ name }) => name)).not.toContain('UserStories')
    expect(compared.phases.find(({ phase }) => phase === 'prd')?.b).toMatchObject({ inherited: true })
    expect(compared.code).toMatchObject({ changed: 0 })
    const back = Comparison.parse(await readJson(['runs', 'compare', forked.runId, recorded.runId]))
    expect(back.relation).toBe('origin')
    const text = (await at.run(['runs', 'compare', recorded.runId, forked.runId])).stdout
    expect(text).toContain('B is a fork of A.')
    expect((await at.run(['runs', 'compare', recorded.runId, 'ffffffff'])).exit).toBe(1)
  })

  test('is refused with the place and what was expected, before anything begins', async () => {
    const count = async () =>
      (await readJson<{ items: RunSummary[] }>(['runs', 'list', '--all'])).items.length
    const runs = await count()
    const prd = await readPrd()
    const broken = writeDocument('broken', { ...prd, requirements: [{ ...prd.requirements[0], title: 7 }] })
    const refuse = async (args: readonly string[]) => {
      const { exit, stderr } = await at.run(['runs', 'fork', recorded.runId, ...args])
      return { exit, stderr }
    }
    const wrong = await refuse(['--from', 'release', '--edit', `PRD=${broken}`])
    expect(wrong.exit).toBe(64)
    expect(wrong.stderr).toMatch(/not a valid PRD.*\/requirements\/0\/title.*expected string/su)
    expect(await refuse(['--from', 'nowhere'])).toMatchObject({ exit: 64 })
    expect((await refuse(['--from', 'prd', '--edit', `PRD=${writeDocument('same', prd)}`])).stderr).toMatch(
      /No phase before prd handed in PRD/u,
    )
    expect((await refuse(['--from', 'prd', '--edit', 'PRD'])).exit).toBe(64)
    expect(await refuse(['--from', 'release', '--budget', '1000'])).toMatchObject({ exit: 7 })
    expect(await count()).toBe(runs)
  })
})

/** An edit of a run that is paused: told first, refused while nobody agrees, made when that was said. */
const expectEdit = async (runId: string): Promise<void> => {
  expect((await at.run(['runs', 'pause', runId])).exit).toBe(0)
  const edit = ['artifacts', 'edit', runId, 'PRD']
  expect((await at.run(edit)).stderr).toContain('no document was given')
  const broken = await at.run([...edit, '--file', writeDocument('empty', {}), '--yes'])
  expect([broken.exit, broken.stderr.includes('/overview')]).toEqual([64, true])
  const file = await writeOtherPrd()
  const refused = await at.run([...edit, '--file', file])
  expect(refused.exit).toBe(64)
  expect(refused.stderr).toContain('Renamed by a person')
  expect(refused.stderr).toMatch(/Re-opened:\n\s+prd: .*again, then its gate/u)
  expect((await listArtifacts(runId)).findLast(({ name }) => name === 'PRD')?.version).toBe(1)
  const made = await at.run([...edit, '--file', file, '--yes', '--json'])
  const told = JSON.parse(made.stdout) as { reopens: { phase: string; work: string }[] }
  const names = told.reopens.map(({ phase }) => phase)
  expect(names).toContain('build')
  expect(names).not.toContain('bizdev')
  const run = await readRun(runId)
  const open = run.phases.filter(({ status }) => status !== 'passed').map(({ phase }) => phase)
  expect(open).toEqual(expect.arrayContaining(names))
}

describe('a server killed while it forks', () => {
  test('leaves the whole fork or none, and the same request makes one', { timeout: 180_000 }, async () => {
    const token = readFileSync(path.join(at.home, 'keys', 'api-token'), 'utf8').trim()
    const ask = (server: Server, key: string) =>
      fetch(`${server.url}/v1/runs/${recorded.runId}/fork`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ phase: 'release', budgetUsd: 0 }),
      })
    const parent = await readRun(recorded.runId)
    const parentOutputs = new Map(parent.phases.map(({ phase, outputs }) => [phase, outputs.length]))
    const known = new Set(
      (await readJson<{ items: RunSummary[] }>(['runs', 'list', '--all'])).items.map(({ id }) => id),
    )
    await stopServer(shared)
    for (const [index, delayMs] of [5, 60, 150].entries()) {
      const server = await startServer()
      const answer = ask(server, `killed-${index}`).catch(() => undefined)
      await sleep(delayMs)
      server.started.child.kill('SIGKILL')
      await Promise.all([answer, server.started.ended])
    }
    const server = await startServer()
    const made: string[] = []
    for (const index of [0, 1, 2]) {
      const response = await ask(server, `killed-${index}`)
      expect(response.status).toBe(202)
      made.push(((await response.json()) as { runId: string }).runId)
    }
    // Still in hand, so that it can be edited.
    await expectEdit(made.at(-1) ?? '')
    const runs = (await readJson<{ items: RunSummary[] }>(['runs', 'list', '--all'])).items
    expect(
      runs
        .filter(({ id }) => !known.has(id))
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(made.toSorted())
    for (const id of made) {
      const run = await readRun(id)
      // What was edited was put back; all that a fork takes over is there either way.
      for (const { phase, outputs } of run.phases)
        if (phase !== 'release') expect(outputs.length, phase).toBe(parentOutputs.get(phase))
      // Those that went on may have ended by now.
      await at.run(['runs', 'cancel', id])
    }
    await stopServer(server)
    expect(await readRun(recorded.runId)).toEqual(parent)
    expect((await at.run(['ledger', 'verify'])).exit).toBe(0)
  })
})
