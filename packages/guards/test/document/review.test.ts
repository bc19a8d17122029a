import { describe, expect, test } from 'vitest'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { JudgedArtifact } from '../../src/guard.ts'
import { getIndependence } from '../../src/document/review.ts'
import { findGuard } from '../../src/registry.ts'
import { makeArtifact, makeCheckout, makeFolder, PRD, runSpawned } from '../support.ts'

type Maker = Artifact['lineage']['maker']

const AUTHOR: Maker = { kind: 'agent', name: 'prd-writer', version: 'openai/large@large-2026-05' }
const REVIEWER: Maker = { kind: 'agent', name: 'prd-reviewer', version: 'anthropic/big@big-2026-06' }

const ACCEPTED = { artifact: 'PRD', verdict: 'accept', summary: 'It holds.', findings: [] }
const finding = (severity: string, cited = 'PRD#/requirements/0') => ({
  severity,
  text: 'The code of six characters is guessed in a day.',
  cites: [cited],
  requirement: 'REQ-001',
})

const with_ = (
  judged: JudgedArtifact,
  change: Partial<Artifact>,
  lineage: Partial<Artifact['lineage']>,
): JudgedArtifact => ({
  ...judged,
  artifact: { ...judged.artifact, ...change, lineage: { ...judged.artifact.lineage, ...lineage } },
})

type Case = {
  readonly review?: unknown
  readonly author?: Maker
  readonly reviewer?: Maker
  readonly isOld?: boolean
  readonly settings?: Readonly<Record<string, never>>
}

const run = async ({
  review = ACCEPTED,
  author = AUTHOR,
  reviewer = REVIEWER,
  isOld = false,
  settings = {},
}: Case) => {
  const subject = with_(makeArtifact('PRD', PRD), { version: 2 }, { maker: author })
  const seen = isOld ? makeArtifact('PRD', PRD).artifact.id : subject.artifact.id
  const judged = [
    subject,
    with_(makeArtifact('PrdReview', review), {}, { maker: reviewer, inputArtifactIds: [seen] }),
  ]
  const found = await findGuard('review')?.run({
    use: { guard: 'review', artifacts: ['PRD', 'PrdReview'], rubric: 'review', settings },
    judged,
    others: [],
    worktree: null,
    scratch: makeFolder(),
    runConfined: runSpawned,
    now: () => '2026-01-31T12:00:00.000Z',
  })
  if (found === undefined) throw new Error('There is no guard review.')
  return found
}

describe('review', () => {
  test('passes what another model accepted, with findings that do not stop it', async () => {
    const found = await run({ review: { ...ACCEPTED, findings: [finding('medium')] } })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.metrics).toMatchObject({ independence: 2, findings: 1 })
  })

  test('the same model under another name is another identity, and the metrics say so', async () => {
    const offline = (name: string): Maker => ({ kind: 'agent', name, version: 'offline-model@1.0.0' })
    const pair = { author: offline('prd-writer'), reviewer: offline('prd-reviewer') }
    const found = await run(pair)
    expect(found).toMatchObject({ outcome: 'pass' })
    expect(found.metrics).toMatchObject({ independence: 1 })
    const strict = await run({ ...pair, settings: { min_independence: 2 as never } })
    expect(strict).toMatchObject({ outcome: 'fail', severity: 'major' })
    expect(strict.reasons.join()).toMatch(/the same model as the author prd-writer \(offline-model@1.0.0\)/u)
  })

  test.each<[string, Case, RegExp, string]>([
    [
      'by the author',
      { reviewer: AUTHOR },
      /was written by prd-writer .*, who made what it judges/u,
      'critical',
    ],
    [
      'of an older version',
      { isOld: true },
      /was not made from version 2 of PRD \(digest [0-9a-f]{12}\): it reviews an older one/u,
      'critical',
    ],
    [
      'of something else',
      { review: { ...ACCEPTED, artifact: 'NFRs' } },
      /PrdReview#\/artifact is NFRs, expected PRD/u,
      'critical',
    ],
    [
      'that rejects',
      {
        review: {
          ...ACCEPTED,
          verdict: 'reject',
          summary: 'Codes are guessed.',
          findings: [finding('high')],
        },
      },
      /verdict is reject: Codes are guessed[\s\S]*findings\/0 \(high, REQ-001\): The code of six/u,
      'major',
    ],
    [
      'that accepts a grave finding',
      { review: { ...ACCEPTED, findings: [finding('critical')] } },
      /PrdReview#\/verdict: an artifact with a critical or high finding cannot be accepted/u,
      'major',
    ],
    [
      'that cites what is not there',
      { review: { ...ACCEPTED, findings: [finding('low', 'PRD#/requirements/77')] } },
      /findings\/0 cites PRD#\/requirements\/77, which does not exist/u,
      'critical',
    ],
    ['that is no review', { review: { verdict: 'accept' } }, /PrdReview#\/artifact/u, 'major'],
  ])('fails one %s', async (_what, facts, reason, severity) => {
    const found = await run(facts)
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a person reviewing an agent is independent, a person reviewing their own work is not', () => {
    const person = (name: string): Maker => ({ kind: 'person', name, version: '1' })
    expect(getIndependence(AUTHOR, person('Ada'))).toBe(2)
    expect(getIndependence(person('Ada'), person('Ada'))).toBe(0)
  })

  test('a finding may cite a line of the judged code', async () => {
    const commit = 'a'.repeat(40)
    const code = with_(makeArtifact('SourceCode', 'bundle'), { commit }, { maker: AUTHOR })
    const review = (cited: string) => ({
      ...ACCEPTED,
      artifact: 'SourceCode',
      findings: [finding('low', cited)],
    })
    const judge = (cited: string) =>
      findGuard('review')?.run({
        use: {
          guard: 'review',
          artifacts: ['SourceCode', 'CodeReview'],
          rubric: 'review',
          settings: { artifact: 'SourceCode' },
        },
        judged: [
          code,
          with_(
            makeArtifact('CodeReview', review(cited)),
            {},
            { maker: REVIEWER, inputArtifactIds: [code.artifact.id] },
          ),
        ],
        others: [],
        worktree: { dir: makeCheckout({ 'src/a.js': 'x' }), commit },
        scratch: makeFolder(),
        runConfined: runSpawned,
        now: () => '2026-01-31T12:00:00.000Z',
      })
    expect(await judge('SourceCode#/src/a.js:1')).toMatchObject({ outcome: 'pass' })
    expect((await judge('SourceCode#/src/b.js'))?.reasons.join()).toMatch(/src\/b.js, which does not exist/u)
    expect((await judge('SourceCode#/../../etc/passwd'))?.outcome).toBe('fail')
  })

  test('ends as an error without a review', async () => {
    const found = await findGuard('review')?.run({
      use: { guard: 'review', artifacts: ['PRD'], rubric: 'review', settings: {} },
      judged: [makeArtifact('PRD', PRD)],
      others: [],
      worktree: null,
      scratch: makeFolder(),
      runConfined: runSpawned,
      now: () => '2026-01-31T12:00:00.000Z',
    })
    expect(found).toMatchObject({ outcome: 'error', reasons: [expect.stringMatching(/has none/u)] })
  })
})
