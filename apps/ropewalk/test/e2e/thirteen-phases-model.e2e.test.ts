import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { CostDetail } from '@ropewalk/core/contract/api/records'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIRST_PRD, REJECTION, REQUIREMENTS } from '../support/answers/product.ts'
import {
  getGoodReply,
  startModelServer,
  type ModelReply,
  type ModelRequest,
  type ModelServer,
} from '../support/model-server.ts'
import { getModelEnv, getTargets, KEYS, pick, sum } from '../support/models.ts'
import { CONFINEMENT, makeProgramHome, type EndedRun, type ProgramHome } from '../support/program.ts'

const AUTHOR = 'openai/gpt-5.4-nano'
const REVIEWER = 'anthropic/claude-sonnet-5-5'
const PHASES = [
  'intake',
  'ideation',
  'critique',
  'prd',
  'bizdev',
  'architecture',
  'build',
  'security',
  'story-loop',
  'qa',
  'aesthetic',
  'release',
  'beta',
]

/** A dossier as far as this test reads it. */
type Dossier = {
  readonly gaps: readonly unknown[]
  readonly artifacts: readonly {
    readonly id: string
    readonly name: string
    readonly phase: string
    readonly version: number
    readonly simulated: boolean
    readonly lineage: {
      readonly maker: { readonly kind: string; readonly name: string; readonly version: string }
      readonly inputArtifactIds: readonly string[]
    }
  }[]
}

let server: ModelServer
let program: ProgramHome
let run: EndedRun
let dossier: Dossier

/** Which version of an artifact a prompt quotes. */
const getQuotedVersion = ({ text }: ModelRequest, artifact: string): number =>
  Number(new RegExp(`artifact=\\\\*"${artifact}\\\\*" version=\\\\*"(\\d+)`, 'u').exec(text)?.[1] ?? 0)

/** An author whose first PRD leaves a case open, and a reviewer who sees that and nothing else to say. */
const play = (asked: ModelRequest): ModelReply => {
  if (asked.agent === 'prd-writer') return { type: 'json', value: { document: FIRST_PRD, questions: null } }
  if (asked.agent === 'prd-reviewer' && getQuotedVersion(asked, 'PRD') === 1)
    return { type: 'json', value: { document: REJECTION, questions: null } }
  return getGoodReply(asked)
}

beforeAll(async () => {
  server = await startModelServer(play)
  program = await makeProgramHome()
  run = await program.follow(
    ['run', 'a link shortener with click counts', '--json', '--clarification', 'autonomous', ...CONFINEMENT],
    getModelEnv(server, `${AUTHOR},${REVIEWER}`),
  )
  dossier = JSON.parse(readFileSync(path.join(run.result.dossier ?? '', 'dossier.json'), 'utf8')) as Dossier
})

afterAll(async () => {
  await program.remove()
  await server.stop()
})

const listMakers = (name: string) =>
  dossier.artifacts.filter((one) => one.name === name).map(({ lineage }) => lineage.maker)

describe('a run of thirteen phases by models', () => {
  it('passes each phase, and only the one whose reviewer disagreed needed a second round', () => {
    const failed = pick(run, 'phase.gate.failed').map(({ phase, reasons }) => [phase, reasons])
    expect(run.result.phases.map(({ phase }) => phase).toSorted(), run.stderr).toEqual(PHASES.toSorted())
    expect(
      run.result.phases.filter(({ status, rounds }) => status !== 'passed' || rounds !== 1),
      JSON.stringify(failed, null, 1),
    ).toEqual([expect.objectContaining({ phase: 'prd', status: 'passed', rounds: 2 })])
    expect(run.result).toMatchObject({ status: 'succeeded', simulated: false })
    // What this machine lacks (a sandbox, Chromium, a source of advisories) is a gap and nothing worse.
    expect(run.result.verdict).toBe(dossier.gaps.length === 0 ? 'verified' : 'gaps')
    expect(run.exit).toBe(0)
  })

  it('proves each requirement, the one of the story loop too', () => {
    expect(run.result.requirements.map(({ id, verdict }) => [id, verdict])).toEqual(
      REQUIREMENTS.map(({ id }) => [id, 'verified']),
    )
  })

  it('is refused by the reviewer with a cited finding, which the fix round answers', () => {
    const [failed] = pick(run, 'phase.gate.failed')
    expect(String(failed?.['reasons'])).toContain(REJECTION.findings[0].text)
    expect(String(failed?.['reasons'])).toContain(REJECTION.findings[0].cites[0])
    expect(listMakers('PRD').map(({ name }) => name)).toEqual(['prd-writer', 'prd-fixer'])
    const asked = server.requests.find(({ agent }) => agent === 'prd-fixer')
    expect(asked?.text).toContain(REJECTION.findings[0].text)
  })

  it('has each review made by another model than the author’s, from the version in force', () => {
    const reviews = [
      ['PrdReview', 'PRD'],
      ['ArchitectureReview', 'ArchitectureDoc'],
      ['CodeReview', 'SourceCode'],
    ] as const
    for (const [review, judged] of reviews) {
      const made = dossier.artifacts.findLast(({ name }) => name === review)
      // The story loop and the design change the code again, after its review.
      const subject = dossier.artifacts.findLast(
        ({ name, phase }) => name === judged && phase === made?.phase,
      )
      expect(made?.lineage.maker.version, review).toContain('claude-sonnet-5-5')
      expect(subject?.lineage.maker.version, judged).toContain('gpt-5.4-nano')
      expect(made?.lineage.inputArtifactIds, review).toContain(subject?.id)
    }
    const reports = pick(run, 'guard.reported').map(({ report }) => report as Record<string, unknown>)
    const outcomes = reports.filter(({ guard }) => guard === 'review').map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['fail', 'pass', 'pass', 'pass'])
    const reviewers = server.requests.filter(({ agent }) => agent.endsWith('-reviewer'))
    expect(new Set(reviewers.map(({ protocol }) => protocol))).toEqual(new Set(['anthropic']))
    const authors = server.requests.filter(({ agent }) => !agent.endsWith('-reviewer'))
    expect(new Set(authors.map(({ protocol }) => protocol))).toEqual(new Set(['openai-responses']))
  })

  it('shows a reviewer of code the change and the requirements, and no word of the authors', () => {
    const [asked] = server.requests.filter(({ agent }) => agent === 'code-reviewer')
    expect(asked?.text).toContain('what changed since the phase began')
    expect(asked?.text).toContain('+const MAX_BODY_BYTES')
    expect(asked?.text).toContain(REQUIREMENTS[3].statement)
    expect(asked?.text).not.toContain('The part is written and its tests pass.')
  })

  it('has its cost in the ledger, the result and `cost` alike, by phase and by model', async () => {
    const reserved = pick(run, 'budget.reserved')
    const settled = pick(run, 'budget.settled')
    expect(reserved).toHaveLength(server.requests.length)
    expect(settled).toHaveLength(server.requests.length)
    expect(run.result.tokens).toBe(server.tokens.input + server.tokens.output)
    expect(run.result.costUsd).toBeGreaterThan(0)
    expect(run.result.costUsd).toBeCloseTo(sum(settled, 'micros') / 1e6, 9)
    const { exit, stdout, stderr } = await program.run(['cost', run.runId, '--json'])
    expect(exit, stderr).toBe(0)
    const cost = JSON.parse(stdout) as CostDetail
    expect(cost.rows.reduce((total, { micros }) => total + micros, 0)).toBe(cost.money.spentMicros)
    expect(cost.rows.reduce((total, { calls }) => total + calls, 0)).toBe(server.requests.length)
    expect(new Set(cost.rows.map(({ phase }) => phase))).toEqual(new Set(PHASES))
    expect(
      cost.rows
        .filter(({ model }) => model === REVIEWER)
        .map(({ phase }) => phase)
        .toSorted(),
    ).toEqual(['architecture', 'build', 'prd'])
    expect(getTargets(run).size).toBeGreaterThan(100)
  })

  it('leaves no key in what is kept, printed or sent on', () => {
    const files = program.kept.flatMap((folder) =>
      readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, String(name)))
        .filter((file) => lstatSync(file).isFile()),
    )
    expect(files.length).toBeGreaterThan(100)
    const keys = Object.values(KEYS)
    expect(keys.filter((key) => program.getWritten().includes(key))).toEqual([])
    expect(keys.filter((key) => server.requests.some(({ text }) => text.includes(key)))).toEqual([])
    expect(
      files.filter((file) => {
        const bytes = readFileSync(file)
        return keys.some((key) => bytes.includes(key))
      }),
    ).toEqual([])
    expect(server.requests.every(({ hasKey }) => hasKey)).toBe(true)
  })
})
