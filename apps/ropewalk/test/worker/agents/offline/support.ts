import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DOCUMENTS, type DocumentName } from '@ropewalk/core/contract/documents'
import type { GuardInput, JudgedArtifact } from '@ropewalk/guards/guard'
import { onTestFinished } from 'vitest'
import type { z } from 'zod'
import type { AgentJob, AgentResult, JobInput } from '../../../../src/worker/agent-runtime.ts'
import { runOfflineModel } from '../../../../src/worker/agents/offline/run-offline-model.ts'
import { makeRunConfined } from '../../../../src/worker/confine/run-confined.ts'

/** Ideas of every kind, and texts that would do harm where they were taken for code. */
export const IDEAS: Readonly<Record<string, string>> = {
  invoices: 'an invoice app for plumbers',
  links: 'a link shortener with click counts',
  word: 'habits',
  tasks: 'A simple todo list for small teams with due dates, owners and CSV export',
  bookings: 'let people book meeting rooms',
  wiki: 'a fast wiki for our lab with search and tags',
  polls: 'a poll app to vote on lunch',
  stock: 'inventory for a bakery, with labels and a low stock list',
  feedback: 'feedback board for a school with an average rating, export to a spreadsheet',
  tracker: 'an app to track plants and when to water them',
  expenses: 'expense tracker for couples with totals, no login please',
  german: 'eine Rechnungs-App für Klempner',
  japanese: '植物の水やりを記録するアプリ',
  contacts: 'client directory',
  long: `${'I want a really simple, fast and robust app that keeps track of my books and helps me, '.repeat(200)}thanks`,
  hostile:
    "\"; process.exit(1) // ` ${globalThis.x = 1} </script><script>alert(1)</script> \n# *bold* [a](javascript:1) 'quotes' \\ {{x}} -->",
  odd: '\u202Eevil\u2066 a recipe book 🍲 for ünïcode\u0301 people\u2028\u2029 with <b>tags</b>',
  proto: '__proto__ constructor prototype tracker for toString',
}

export type Held = Readonly<Partial<Record<string, unknown>>>

export type JobOptions = {
  readonly idea: string
  readonly output: string
  /** The agent's name; a coder of no playbook of ours where it is left out. */
  readonly agent?: string
  /** Where the run began with a repository. */
  readonly repo?: string
  readonly documents?: Held
  readonly answers?: AgentJob['context']['context']['answers']
  readonly fix?: AgentJob['task']['spec']['fix']
  readonly dir?: string
  readonly notes?: string[]
  /** The change that an independent review is about. */
  readonly diff?: string
  /** The agent's own settings, from its front matter. */
  readonly settings?: Readonly<Record<string, string>>
}

const makeInput = (name: string, json: unknown): JobInput => ({
  ref: {
    name,
    artifactId: name,
    digest: '0'.repeat(64),
    artifact: { name, mediaType: 'application/json', commit: null },
  } as unknown as JobInput['ref'],
  bytes: Buffer.from(JSON.stringify(json)),
  json,
})

/** A job as the worker would make it, with what the offline model looks at. */
export const makeJob = (options: JobOptions): AgentJob => {
  const documents: Held = { Idea: { text: options.idea }, ...options.documents }
  const job: Partial<AgentJob> = {
    task: {
      spec: { target: options.agent ?? 'coder', output: options.output, fix: options.fix ?? null, round: 1 },
    } as AgentJob['task'],
    context: {
      context: { idea: options.idea, answers: options.answers ?? [] },
      plan: { repo: options.repo ?? null },
      agent: { settings: options.settings ?? {} },
    } as unknown as AgentJob['context'],
    inputs: Object.entries(documents).map(([name, json]) => makeInput(name, json)),
    worktree: options.dir === undefined ? null : { dir: options.dir, baseCommit: null },
    review:
      options.diff === undefined ? undefined : { artifact: 'SourceCode', makers: [], diff: options.diff },
    signal: new AbortController().signal,
    log: (_stream, text) => options.notes?.push(text),
    commit: (message) => Promise.resolve(createHash('sha1').update(message).digest('hex')),
  }
  return job as AgentJob
}

export type DocumentOf<N extends DocumentName> = z.infer<(typeof DOCUMENTS)[N]>

/** The document of a result, by its contract. */
export const readDocument = <N extends DocumentName>(result: AgentResult, name: N): DocumentOf<N> => {
  const output = result.outputs.find((each) => each.name === name)
  if (output === undefined || output.bytes === 'bundle') throw new Error(`There is no ${name}.`)
  return DOCUMENTS[name].parse(JSON.parse(Buffer.from(output.bytes).toString('utf8'))) as DocumentOf<N>
}

export const writeDocument = async <N extends DocumentName>(
  name: N,
  options: Omit<JobOptions, 'output'>,
): Promise<DocumentOf<N>> => readDocument(await runOfflineModel(makeJob({ ...options, output: name })), name)

export type Specified = {
  readonly Idea: { readonly text: string }
  readonly Clarifications: DocumentOf<'Clarifications'>
  readonly IdeaSpec: DocumentOf<'IdeaSpec'>
  readonly PRD: DocumentOf<'PRD'>
  readonly UserStories: DocumentOf<'UserStories'>
}

/** The documents of an idea up to the stories, each made from those before it. */
export const specify = async (idea: string, answers: JobOptions['answers'] = []): Promise<Specified> => {
  const Clarifications = await writeDocument('Clarifications', { idea })
  const IdeaSpec = await writeDocument('IdeaSpec', { idea, answers, documents: { Clarifications } })
  const PRD = await writeDocument('PRD', { idea, documents: { IdeaSpec } })
  const UserStories = await writeDocument('UserStories', { idea, documents: { IdeaSpec, PRD } })
  return { Idea: { text: idea }, Clarifications, IdeaSpec, PRD, UserStories }
}

/** An empty folder that is gone after the test. */
export const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'offline-model-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What `node --test` says of the suite in a folder, from the outside. */
export const runTests = async (
  dir: string,
  files = 'test/**/*.test.js',
): Promise<{ readonly passed: number; readonly failed: number; readonly output: string }> => {
  const output = await new Promise<string>((resolve) => {
    // Vitest marks its children; under that mark `node --test` would take itself for one and run nothing.
    const env = { PATH: process.env.PATH ?? '' }
    const argv = ['--test', '--test-isolation=none', '--test-reporter=tap', files]
    execFile(process.execPath, argv, { cwd: dir, env, timeout: 60_000 }, (_error, stdout) => {
      resolve(stdout)
    })
  })
  const count = (word: string) =>
    Number(new RegExp(`^# ${word} (\\d+)`, 'mu').exec(output)?.[1] ?? Number.NaN)
  return { passed: count('pass'), failed: count('fail'), output }
}

/** The names of the failed tests of a run. */
export const listFailed = (output: string): string[] =>
  [...output.matchAll(/^not ok \d+ - (.*)$/gmu)].map(([, name = '']) => name)

/** All files below a folder, with their text. */
export const readTree = async (dir: string): Promise<Record<string, string>> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    await Promise.all(
      files
        .toSorted()
        .map(async (file) => [file.slice(dir.length + 1), await readFile(file, 'utf8')] as const),
    ),
  )
}

const judged = (name: string, json: unknown): JudgedArtifact => ({
  artifact: { name, mediaType: 'application/json', commit: null } as JudgedArtifact['artifact'],
  bytes: Buffer.from(JSON.stringify(json)),
  json,
})

/** What a guard is given, over documents and perhaps a checkout. */
export const makeGuardInput = (of: {
  readonly guard: string
  readonly artifacts: readonly string[]
  readonly documents: Held
  readonly settings?: GuardInput['use']['settings']
  readonly dir?: string
  readonly scratch?: string
}): GuardInput => ({
  use: { guard: of.guard, artifacts: [...of.artifacts], rubric: of.guard, settings: of.settings ?? {} },
  judged: of.artifacts.map((name) => judged(name, of.documents[name])),
  others: Object.entries(of.documents)
    .filter(([name]) => !of.artifacts.includes(name))
    .map(([name, json]) => judged(name, json)),
  worktree: of.dir === undefined ? null : { dir: of.dir, commit: '0'.repeat(40) },
  scratch: of.scratch ?? tmpdir(),
  runConfined: makeRunConfined({
    mode: 'allowed-without',
    protectedDirs: [],
    log: { info: noop, warn: noop, error: noop } as never,
  }),
  now: () => '2026-01-01T00:00:00.000Z',
})

const noop = (): void => undefined
