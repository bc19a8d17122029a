import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diffPlaybooks } from '../../src/engine/playbook/diff-playbook.ts'
import { judgePlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { HAS_SANDBOX, makeProgramHome, readRun, type EndedRun, type ProgramHome } from '../support/program.ts'

const ROOT = path.resolve(import.meta.dirname, '../../../..')
const PLAYBOOK = path.join(ROOT, 'playbook')
const DEMO_MS = 300_000

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

const readManifest = ({ result }: EndedRun): DossierManifest =>
  DossierManifest.parse(JSON.parse(readFileSync(path.join(result.dossier ?? '', 'dossier.json'), 'utf8')))

/** When each task of a phase was worked on, from its claim to its hand-in. */
const listTimes = (run: EndedRun, phase: string): readonly (readonly [from: string, to: string])[] => {
  const own = new Set(
    run.events.flatMap(({ type, data }) => {
      const spec = data['spec'] as { id: string; phase: string } | undefined
      return type === 'task.created' && spec?.phase === phase ? [spec.id] : []
    }),
  )
  return run.events
    .filter(({ type, data }) => type === 'task.completed' && own.has(String(data['taskId'])))
    .map(({ time, data }) => [String(data['claimedAt']), time])
}

let program: ProgramHome
let run: EndedRun

const list = (type: string) => run.events.filter((event) => event.type === type)

describe('the demo', () => {
  beforeAll(async () => {
    // The one home of these tests whose first start makes everything itself, as a newcomer's does.
    program = await makeProgramHome('thirteen', { isUntouched: true })
    // A key that is there must not be used: the demo costs nothing.
    run = readRun(
      await program.run(['demo', '--json'], { ROPEWALK_MODEL: 'openai/some', OPENAI_API_KEY: 'not-a-key' }),
    )
  }, DEMO_MS)
  afterAll(() => program.remove())

  it('ends well: thirteen phases passed, at least five requirements, nothing spent, all of it simulated', () => {
    expect(run.exit).toBe(0)
    expect(run.result).toMatchObject({ status: 'succeeded', costUsd: 0, tokens: 0, simulated: true })
    // The waiver is a gap, and the verdict says so.
    expect(run.result.verdict).toBe('gaps')
    expect(run.result.phases.map(({ phase, status }) => [phase, status])).toEqual(
      PHASES.map((phase) => [phase, 'passed']),
    )
  })

  it('works on security and on the story loop at the same time', () => {
    const stories = listTimes(run, 'story-loop')
    const security = listTimes(run, 'security')
    expect(Math.min(stories.length, security.length)).toBeGreaterThan(3)
    const together = security.filter(([from, to]) => stories.some(([begin, end]) => begin < to && from < end))
    expect(together.length).toBeGreaterThan(0)
  })

  it('has at least five requirements, each with tests, and with evidence that is there by its id', () => {
    const { requirements, traceability, evidence } = readManifest(run)
    expect(requirements.length).toBeGreaterThanOrEqual(5)
    const kept = new Map(evidence.map((one) => [one.digest, one]))
    for (const { id, verdict, reasons } of requirements) {
      const row = traceability?.rows.find(({ requirementId }) => requirementId === id)
      expect(row?.tests.filter(({ outcome }) => outcome === 'pass').length, id).toBeGreaterThan(0)
      const found = (row?.checks ?? []).map(({ digest }) => kept.get(digest))
      expect(found.length, id).toBeGreaterThan(0)
      for (const one of found)
        expect(existsSync(path.join(run.result.dossier ?? '', one?.file ?? 'none')), id).toBe(true)
      expect(['verified', 'gaps']).toContain(verdict)
      if (verdict === 'gaps') expect(reasons.length).toBeGreaterThan(0)
    }
  })

  it('names a reason for each gap, and of a whole machine has none but the waiver and what a network would tell', () => {
    const { gaps } = readManifest(run)
    for (const { text, reason } of gaps) expect([text, reason]).not.toContain('')
    expect(gaps.filter(({ kind }) => kind === 'waiver')).toHaveLength(1)
    if (HAS_SANDBOX) expect(gaps.filter(({ kind }) => kind !== 'not-run' && kind !== 'waiver')).toEqual([])
  })

  it('has two questions that policy decides, and no person', () => {
    const answers = list('CLARIFICATION.ANSWER_PROVIDED')
    expect(answers.map(({ data }) => data['decidedKind'])).toEqual(['policy', 'policy'])
    expect(run.stderr).toContain('2 questions that policy decided')
  })

  it('has one gate that refuses, and a round that mends what it named', () => {
    const failed = list('phase.gate.failed')
    expect(failed.map(({ data }) => data['phase'])).toEqual(['critique'])
    expect(run.result.phases.find(({ phase }) => phase === 'critique')?.rounds).toBe(2)
    expect(run.stderr).toContain('the gate of critique refused round 1')
  })

  it('has one waiver, which the playbook declares', () => {
    const asked = list('waiver.requested')
    expect(asked.map(({ data }) => [data['phase'], data['rubric'], data['declared']])).toEqual([
      ['bizdev', 'viability', true],
    ])
    expect(list('waiver.activated')).toHaveLength(1)
    const gate = list('phase.gate.passed').find(({ data }) => data['phase'] === 'bizdev')
    expect(JSON.stringify(gate?.data['reasons'])).toContain('waived by')
    expect(run.stderr).toContain('viability of bizdev')
  })

  it('survives a kill -9 of its server in the middle of the build, and does nothing twice', () => {
    expect(run.stderr).toContain('kill -9')
    const ended = list('task.attempt_ended').map(({ data }) => data['outcome'])
    expect(new Set(ended)).toEqual(new Set(['lost']))
    const completed = list('task.completed').map(({ data }) => data['taskId'])
    expect(new Set(completed).size).toBe(completed.length)
  })

  it('leaves a dossier that verifies, and no process of its own', async () => {
    const verified = await program.run(['dossier', 'verify', run.result.dossier ?? '', '--json'])
    expect(verified.exit).toBe(0)
    expect((await program.run(['runs', 'list', '--json'])).exit).toBe(0)
  })
})

it('the playbook of the demo differs from the shipped one in what the demo is for, and in nothing else', () => {
  const project = path.join(ROOT, 'examples/demo/.ropewalk/playbook')
  const { phases, agents } = diffPlaybooks(
    judgePlaybook({ base: PLAYBOOK, project: null }),
    judgePlaybook({ base: PLAYBOOK, project }),
  )
  const changed = [...phases, ...agents].map(({ name, changes }) => [name, changes.map(({ key }) => key)])
  expect(changed).toEqual([
    ['architecture', ['approval']],
    ['bizdev', ['waivers.declared', 'guard viability on BusinessPlan, PricingModel']],
    ['prd', ['approval']],
    ['release', ['approval']],
    ['risk-analysis', ['settings.first_draft']],
  ])
})
