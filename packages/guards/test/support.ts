import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import type {
  ConfinedRequest,
  ConfinedResult,
  GuardFindings,
  JudgedArtifact,
  RunConfined,
} from '../src/guard.ts'
import { COMMAND_MARK } from '../src/command-mark.ts'
import { findGuard } from '../src/registry.ts'

/** Ends what a command left behind, as the worker does where there is no sandbox to do it. */
const endMarked = (mark: string): void => {
  if (!existsSync('/proc')) return
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/u.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      if (environment.includes(`${COMMAND_MARK}=${mark}`)) process.kill(Number(pid), 'SIGKILL')
    } catch (error) {
      // It has ended in between, or is somebody else's.
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}

const run = (
  request: ConfinedRequest,
  argv: readonly string[],
  confined: ConfinedResult['confined'],
): Promise<ConfinedResult> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const [command = '', ...rest] = argv
    const mark = `${process.pid}/${randomUUID()}`
    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, [COMMAND_MARK]: mark, ...request.env }
    const child = spawn(command, rest, { cwd: request.cwd, env, detached: true, stdio: 'pipe' })
    let timedOut = false
    let truncated = false
    const output = { stdout: '', stderr: '' }
    const timer = setTimeout(() => {
      timedOut = true
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    }, request.timeoutMs)
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => {
        if (output[name].length < request.maxOutputBytes) output[name] += chunk.toString('utf8')
        else truncated = true
      })
    // A program may end without reading what it is told.
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error)
    })
    child.stdin.end(request.stdin ?? '')
    child.on('error', reject)
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer)
      endMarked(mark)
      const durationMs = performance.now() - startedAt
      resolve({ argv: request.argv, exitCode, signal, ...output, truncated, timedOut, durationMs, confined })
    })
  })

/** A sandbox that is none, as on a machine whose operator allowed that. */
export const runSpawned: RunConfined = (request) => run(request, request.argv, 'no')

/** Bubblewrap with its own namespaces, a cleared environment and only the mounts asked for. */
export const runInBwrap: RunConfined = (request) => {
  const mounts = (request.mounts ?? []).flatMap(({ path, write }) => [
    write ? '--bind' : '--ro-bind',
    path,
    path,
  ])
  const links = ['bin', 'lib', 'lib64', 'sbin'].flatMap((name) =>
    existsSync(`/${name}`) ? ['--symlink', `usr/${name}`, `/${name}`] : [],
  )
  const env = Object.entries({ PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...request.env })
  const argv = [
    'bwrap', '--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--ro-bind', '/usr', '/usr',
    ...links, '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', ...mounts, '--bind', request.cwd, request.cwd,
    '--chdir', request.cwd, ...env.flatMap(([name, value]) => ['--setenv', name, value]), '--', ...request.argv,
  ] // prettier-ignore
  return run(request, argv, 'yes')
}

const bwrap = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { encoding: 'utf8' })

/** The summary of all tests tells why some were skipped. */
const noteMissingSandbox = (): void => {
  const notes = process.env['ROPEWALK_TEST_NOTES']
  const why =
    bwrap.error === undefined
      ? `bwrap is there but does not work here: ${bwrap.stderr.trim().slice(0, 200)}`
      : 'bwrap is not installed (package bubblewrap)'
  if (bwrap.status !== 0 && notes !== undefined) appendFileSync(notes, `${why}\n`)
}

/** The same tests without a sandbox, and in bubblewrap where that works. */
export const inEachSandbox = (title: string, test: (runConfined: RunConfined) => void): void => {
  noteMissingSandbox()
  describe(`${title} without a sandbox`, () => {
    test(runSpawned)
  })
  describe.skipIf(bwrap.status !== 0)(`${title} in bubblewrap`, () => {
    test(runInBwrap)
  })
}

export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'ropewalk-guards-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with these files, as the checkout of a commit. */
export const makeCheckout = (files: Readonly<Record<string, string>>): string => {
  const folder = makeFolder()
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

export const makeArtifact = (name: string, content: unknown): JudgedArtifact => {
  const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  const artifact = {
    id: randomUUID(),
    runId: randomUUID(),
    phase: 'build',
    name,
    version: 1,
    digest: createHash('sha256').update(bytes).digest('hex'),
    mediaType: typeof content === 'string' ? 'text/plain' : 'application/json',
    bytes: bytes.length,
    commit: null,
    simulated: false,
    lineage: {
      maker: { kind: 'engine', name: 'test', version: '1' },
      taskId: null,
      attempt: 0,
      inputArtifactIds: [],
      createdAt: '2026-01-31T12:00:00.000Z',
      tokens: 0,
      minutes: 0,
    },
  } as unknown as Artifact
  return typeof content === 'string' ? { artifact, bytes } : { artifact, bytes, json: content }
}

export type Judged = {
  readonly judged?: Readonly<Record<string, unknown>>
  readonly others?: Readonly<Record<string, unknown>>
  readonly settings?: Readonly<Record<string, unknown>>
  readonly dir?: string
  readonly runConfined?: RunConfined
}

/** Runs a guard of the registry over artifacts by name. */
export const runGuard = (name: string, facts: Judged): Promise<GuardFindings> => {
  const guard = findGuard(name)
  if (guard === undefined) throw new Error(`There is no guard ${name}.`)
  const commit = 'a'.repeat(40)
  const list = (named: Readonly<Record<string, unknown>> = {}) =>
    Object.entries(named).map(([key, content]) => {
      const made = makeArtifact(key, content)
      const isCode = key === 'SourceCode' && facts.dir !== undefined
      return isCode ? { ...made, artifact: { ...made.artifact, commit } } : made
    })
  return guard.run({
    use: {
      guard: name,
      artifacts: Object.keys(facts.judged ?? { Idea: null }),
      rubric: name,
      settings: (facts.settings ?? {}) as Record<string, never>,
    },
    judged: list(facts.judged),
    others: list(facts.others),
    worktree: facts.dir === undefined ? null : { dir: facts.dir, commit },
    scratch: makeFolder(),
    runConfined: facts.runConfined ?? runSpawned,
    now: () => '2026-01-31T12:00:00.000Z',
  })
}

export const PRD = {
  title: 'Link shortener',
  overview: 'A web service that keeps links.',
  requirements: [
    {
      id: 'REQ-001',
      title: 'Shorten a link',
      statement: 'The service must answer POST /links with status 201 and a code of 6 characters.',
      acceptance: ['POST /links with a URL answers 201.'],
      priority: 'must',
      cites: ['Idea#/text'],
    },
    {
      id: 'REQ-002',
      title: 'Follow a link',
      statement: 'The service must answer GET /:code with status 302 and the kept URL.',
      acceptance: ['GET /abc123 answers 302.'],
      priority: 'must',
      cites: ['Idea#/text'],
    },
  ],
  nonfunctional: [
    {
      text: 'Each answer comes in time.',
      measure: 'Within 200 ms at 10 requests per second.',
      cites: ['Idea#/text'],
    },
  ],
  out_of_scope: ['User accounts'],
}

export const STORIES = {
  stories: PRD.requirements.map(({ id }, index) => ({
    id: `US-00${index + 1}`,
    as: 'reader',
    want: `what ${id} says`,
    so_that: 'links stay short',
    requirements: [id],
    acceptance: ['It answers.'],
  })),
}

export const IDEA = { text: 'A link shortener with click counts.' }

export const MANIFEST = {
  language: 'node',
  entry: 'src/links.js',
  start: ['node', 'src/links.js'],
  tests: ['test/links.test.js'],
  sources: ['src/links.js'],
  port_env: 'PORT',
}

/** A small honest repository: one source file, one test a requirement. */
export const REPOSITORY: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'links',
    version: '1.0.0',
    type: 'module',
    scripts: { test: 'node --test' },
  }),
  'src/links.js': `
const links = new Map()

export function shorten(url) {
  const code = String(links.size + 1).padStart(6, '0')
  links.set(code, url)
  return code
}

export function follow(code) {
  return links.get(code)
}
`,
  'test/links.test.js': `
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { follow, shorten } from '../src/links.js'

test('REQ-001 a link becomes a code of 6 characters', () => {
  assert.equal(shorten('https://example.org/').length, 6)
})

describe('REQ-002 following', () => {
  test('a code leads to its link', () => {
    assert.equal(follow(shorten('https://example.org/a')), 'https://example.org/a')
  })
})
`,
}
