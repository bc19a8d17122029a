import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commitAll, copyShelf, git, makeFolder, writeFiles } from '../repo/support/repositories.ts'
import { CONFINEMENT, makeProgramHome, readRun, type EndedRun, type ProgramHome } from '../support/program.ts'
import { killAll } from './crash-processes.ts'

const BUG =
  'A book that is due on 30 January and comes back on 2 February is charged nothing: `daysLate` in src/dates.js counts days of the month instead of days. It should be charged for each day that it is late.'
/** Tasks of the dead are taken over after this many seconds. */
const LEASE = { ROPEWALK_LEASE: '5' }
/** The last phase of a playbook that only thinks. */
const THINKING = new Set(['intake', 'ideation', 'critique', 'prd'])

let program: ProgramHome
let folder = ''
beforeAll(async () => {
  program = await makeProgramHome()
  folder = makeFolder()
})
afterAll(async () => {
  await program.remove()
  rmSync(folder, { recursive: true, force: true })
})

const REMINDERS = 'Readers should get a reminder list of the books that are due tomorrow.'

const makeArgs = (shelf: string, idea: string, ...more: readonly string[]) => [
  'run',
  '--json',
  ...CONFINEMENT,
  '--repo',
  shelf,
  ...more,
  idea,
]

/** The same playbook without the phases that make code. */
const makeThinkingPlaybook = (name: string): string => {
  const dir = program.copyPlaybook(name, [])
  for (const file of readdirSync(path.join(dir, 'phases')))
    if (!THINKING.has(path.basename(file, '.yaml'))) rmSync(path.join(dir, 'phases', file))
  return dir
}

const getState = (dir: string): string =>
  [
    git(dir, 'status', '--porcelain', '--branch'),
    git(dir, 'for-each-ref'),
    readFileSync(path.join(dir, '.git/index')).toString('hex'),
  ].join('\n')

type RepoResult = {
  readonly branch: string
  readonly commit: string
  readonly diff: { readonly files: number }
}
const getRepo = ({ result }: EndedRun) => (result as unknown as { repo: RepoResult | null }).repo

describe('a bug in somebody else’s repository, without a language model', () => {
  let shelf = ''
  let before = ''
  let run: EndedRun

  /** Killed once its documents stand, with the repository gone by the time that it goes on. */
  beforeAll(async () => {
    shelf = copyShelf(path.join(folder, 'mine'))
    before = getState(shelf)
    const started = program.start(makeArgs(shelf, BUG), LEASE)
    while (!started.getStdout().includes('"phase":"prd","status":"success"')) {
      const isOver = await Promise.race([started.ended.then(() => true), sleep(100, false)])
      if (isOver) throw new Error((await started.ended).stderr)
    }
    await killAll(program.home, started.child.pid ?? 0)
    await started.ended
    const [first = ''] = started.getStdout().split('\n')
    const { runId } = JSON.parse(first) as { runId: string }
    expect(getState(shelf)).toBe(before)
    rmSync(shelf, { recursive: true })
    run = readRun(await program.run(['runs', 'resume', runId, '--json'], LEASE))
  })

  it('goes through to an honest end, though it was killed and the folder is gone', () => {
    expect(run.exit, run.stderr).toBe(5)
    expect(run.result).toMatchObject({ status: 'failed', verdict: 'unverified' })
    expect(new Set(run.result.requirements.map(({ verdict }) => verdict))).toEqual(new Set(['unverified']))
    expect(run.result.requirements.length).toBeGreaterThan(2)
    const passed = run.result.phases.filter(({ status }) => status === 'passed').map(({ phase }) => phase)
    expect(passed).toEqual(['intake', 'ideation', 'critique', 'prd', 'bizdev', 'architecture'])
    expect(getRepo(run)).toBeNull()
    expect(run.stderr).toContain('No branch was made')
  })

  it('fails at the gate of the build for what was not done, with the repository’s own tests really run', () => {
    const dossier = run.result.dossier ?? ''
    const failed = run.events.filter(({ type }) => type === 'phase.gate.failed').at(-1)
    expect(failed?.data['phase']).toBe('build')
    expect(String(failed?.data['reasons'])).toMatch(/No test that passes names REQ-\d+/u)
    expect(String(failed?.data['reasons'])).not.toMatch(/RepoManifest is missing/u)
    const suite = readFileSync(path.join(dossier, 'artifacts/build/TestSuite-v1.json'), 'utf8')
    expect(JSON.parse(suite)).toMatchObject({ outcome: 'done', passed: 4, failed: 0 })
  })

  it('has what was read of the repository as artifacts, cited by what was written', () => {
    const dossier = run.result.dossier ?? ''
    const made = readdirSync(path.join(dossier, 'artifacts/intake'))
    expect(made).toEqual(
      expect.arrayContaining(['RepoContext-v1.json', 'RepoManifest-v1.json', 'SourceCode-v1.bundle']),
    )
    const said = readFileSync(path.join(dossier, 'dossier.json'), 'utf8')
    expect(said).not.toContain(folder)
  })

  it('can be exported to a folder, with the code as it was accepted: unchanged', async () => {
    const to = path.join(folder, 'exported')
    const ended = await program.run(['runs', 'export', run.runId, '--to', to])
    expect(ended.exit, ended.stderr).toBe(0)
    expect(readFileSync(path.join(to, 'code/src/dates.js'), 'utf8')).toContain('to.day - from.day')
    expect(existsSync(path.join(to, 'code/.ropewalk'))).toBe(false)
  })

  it('can be exported to a branch of another clone, and names the folder where none is left', async () => {
    const bare = await program.run(['runs', 'export', run.runId, '--branch'])
    expect(bare.exit).toBe(64)
    expect(bare.stderr).toContain('cannot be read')
    const clone = copyShelf(path.join(folder, 'clone'))
    const state = git(clone, 'status', '--porcelain', '--branch')
    const args = ['runs', 'export', run.runId, '--branch', 'asked/fees', '--repo', clone, '--json']
    const ended = await program.run(args)
    expect(ended.exit, ended.stderr).toBe(0)
    const landed = JSON.parse(ended.stdout) as RepoResult
    expect(git(clone, 'rev-parse', 'asked/fees')).toBe(landed.commit)
    expect(git(clone, 'status', '--porcelain', '--branch')).toBe(state)
    expect(git(clone, 'diff', '--name-only', 'asked/fees~1', 'asked/fees').split('\n')).toEqual([
      '.ropewalk/specs/ArchitectureDoc.json',
      '.ropewalk/specs/DataModel.json',
      '.ropewalk/specs/OpenAPI.json',
      '.ropewalk/specs/PRD.json',
      '.ropewalk/specs/UserStories.json',
    ])
  })
})

/** The requirements of a branch, in order. */
const readIds = (dir: string, branch: string): string[] => {
  const text = git(dir, 'show', `${branch}:.ropewalk/specs/PRD.json`)
  const { requirements } = JSON.parse(text) as { requirements: { id: string; title: string }[] }
  return requirements.map(({ id, title }) => `${id} ${title}`)
}

describe('a run on a repository that comes to its end', () => {
  it('puts its documents on a branch, and the next run begins with them', async () => {
    const shelf = copyShelf(path.join(folder, 'specs'))
    const env = { ROPEWALK_PLAYBOOK: makeThinkingPlaybook('thinking') }
    const first = await program.follow(makeArgs(shelf, BUG, '--clarification', 'autonomous'), env)
    expect(first.result, first.stderr).toMatchObject({ status: 'succeeded', verdict: 'unverified' })
    const landed = getRepo(first)
    expect(landed).toMatchObject({ branch: `ropewalk/${first.runId}`, diff: { files: 2 } })
    expect(git(shelf, 'status', '--porcelain', '--branch')).toBe('## main')
    expect(git(shelf, 'rev-parse', landed?.branch ?? '')).toBe(landed?.commit)

    git(shelf, 'merge', '--quiet', '--ff-only', landed?.branch ?? '')
    const second = await program.follow(makeArgs(shelf, REMINDERS, '--clarification', 'autonomous'), env)
    expect(second.result, second.stderr).toMatchObject({ status: 'succeeded' })
    const given = path.join(second.result.dossier ?? '', 'artifacts/intake/PRD-v1.json')
    expect(readFileSync(given, 'utf8')).toBe(
      readFileSync(path.join(shelf, '.ropewalk/specs/PRD.json'), 'utf8'),
    )
    const [old, now] = [landed, getRepo(second)].map((at) => readIds(shelf, at?.branch ?? ''))
    expect(now?.slice(0, old?.length)).toEqual(old)
    expect(now?.at(-1)).toMatch(/^REQ-\d{3} Readers should get a reminder list/u)
  })
})

describe('before anything is run', () => {
  it('a plan shows what was found in the repository, on one screen', async () => {
    const shelf = copyShelf(path.join(folder, 'shown'))
    const before = getState(shelf)
    const dry = await program.run(['run', '--dry-run', '--repo', shelf, BUG])
    expect(dry.exit, dry.stderr).toBe(0)
    expect(dry.stdout).toMatch(/repository {2}shelf, main at [0-9a-f]{12}/u)
    expect(dry.stdout).toContain('test       node --test   (package.json#/scripts/test)')
    const plan = await program.run(['plan', '--json', '--repo', shelf, BUG])
    expect(JSON.parse(plan.stdout)).toMatchObject({ repo: { name: 'shelf', test_runner: 'node:test' } })
    expect(getState(shelf)).toBe(before)
  })

  it('a repository with open changes is refused, and taken with them left out', async () => {
    const shelf = copyShelf(path.join(folder, 'open'))
    writeFiles(shelf, { 'src/dates.js': '// half done\n' })
    const refused = await program.run(['plan', '--repo', shelf, BUG])
    expect(refused.exit).toBe(1)
    expect(refused.stderr).toMatch(/src\/dates\.js.*[\s\S]*--allow-dirty/u)
    const taken = await program.run(['plan', '--allow-dirty', '--repo', shelf, BUG])
    expect(taken.exit, taken.stderr).toBe(0)
    expect(taken.stdout).toContain('left out   src/dates.js: not committed')
    commitAll(shelf, 'Done')
    expect((await program.run(['plan', '--repo', folder, BUG])).stderr).toContain('git init')
  })
})
