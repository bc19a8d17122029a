import { ArtifactId, RunId } from '@ropewalk/core/ids'
import { sha256 } from '@ropewalk/core/canonical'
import type { GuardUse } from '@ropewalk/core/contract/playbook'
import type { JudgedArtifact } from '@ropewalk/guards/guard'
import { findGuard } from '@ropewalk/guards/registry'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPlaybook } from '../../../src/engine/playbook/read-playbook.ts'
import { makeRunConfined } from '../../../src/worker/confine/run-confined.ts'
import { REQUIREMENTS } from '../../support/answers/product.ts'
import { GOOD_DOCUMENTS, GOOD_FILES } from '../../support/model-answers.ts'

let home: string
const runId = RunId.parse(randomUUID())
const judge = (name: string, value: unknown): JudgedArtifact => {
  const bytes = Buffer.from(JSON.stringify(value))
  return {
    bytes,
    json: value,
    artifact: {
      id: ArtifactId.parse(randomUUID()),
      runId,
      phase: 'prd',
      name,
      version: 1,
      digest: sha256(bytes),
      mediaType: 'application/json',
      bytes: bytes.length,
      commit: name === 'SourceCode' ? 'a'.repeat(40) : null,
      simulated: false,
      lineage: {
        maker: { kind: 'agent', name: 'a', version: '1' },
        taskId: null,
        attempt: 1,
        inputArtifactIds: [],
        createdAt: '2026-11-20T09:00:00.000Z',
        tokens: 0,
        minutes: 0,
      },
    },
  }
}
/** The matrix as the engine would draw it up: the tests of the files, by the ids in their names. */
const listTests = (id: string) =>
  Object.entries(GOOD_FILES).flatMap(([file, text]) =>
    [...text.matchAll(/^test\('([^']+)'/gmu)].flatMap(([, name = '']) =>
      name.includes(id) ? [{ test: name, file, outcome: 'pass' }] : [],
    ),
  )
const everything: readonly JudgedArtifact[] = [
  ...Object.entries(GOOD_DOCUMENTS).map(([name, value]) => judge(name, value)),
  judge('Idea', { text: 'a link shortener with click counts' }),
  judge('RTM', {
    rows: REQUIREMENTS.map(({ id, cites }, index) => ({
      requirementId: id,
      cites,
      stories: [`US-00${String(index + 1)}`],
      tests: listTests(id),
    })),
    orphans: {
      requirementsWithoutStory: [],
      requirementsWithoutTest: [],
      storiesWithoutRequirement: [],
      testsWithoutRequirement: [],
    },
  }),
  judge('RepoManifest', JSON.parse(GOOD_FILES['.ropewalk/manifest.json'] ?? '')),
  judge('SourceCode', null),
]

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'ropewalk-answers-')))
  for (const [path, content] of Object.entries(GOOD_FILES)) {
    await mkdir(dirname(join(home, 'tree', path)), { recursive: true })
    await writeFile(join(home, 'tree', path), content)
  }
})
afterAll(() => rm(home, { recursive: true, force: true }))

const known = new Set(everything.map(({ artifact }) => artifact.name))
const { playbook } = readPlaybook({
  base: new URL('../../../../../playbook', import.meta.url).pathname,
  project: null,
})
const uses: (readonly [string, GuardUse])[] = playbook.phases.flatMap((phase) =>
  phase.guards
    // What tools measure is made in a run; its guards are tried where there is one.
    .filter((use) => use.artifacts.every((name) => known.has(name)))
    .map((use) => [`${phase.phase}: ${use.guard} of ${use.artifacts.join(', ')}`, use] as const),
)

test.for(uses)('the answers of the scripted model pass %s', { timeout: 60_000 }, async ([, use]) => {
  const scratch = await mkdtemp(join(home, 'scratch-'))
  const names = new Set(use.artifacts)
  const findings = await findGuard(use.guard)?.run({
    use,
    judged: use.artifacts.flatMap((name) => everything.find((each) => each.artifact.name === name) ?? []),
    others: everything.filter((each) => !names.has(each.artifact.name)),
    worktree: { dir: join(home, 'tree'), commit: 'a'.repeat(40) },
    scratch,
    runConfined: makeRunConfined({
      mode: 'allowed-without',
      protectedDirs: [],
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    }),
    now: () => new Date().toISOString(),
  })
  expect({ outcome: findings?.outcome, reasons: findings?.reasons }).toMatchObject({ outcome: 'pass' })
})
