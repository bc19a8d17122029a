import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diffPlaybooks } from '../../src/engine/playbook/diff-playbook.ts'
import { judgePlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { makeProgramHome, readRun, type EndedRun, type ProgramHome } from '../support/program.ts'

const ROOT = path.resolve(import.meta.dirname, '../../../..')
const PLAYBOOK = path.join(ROOT, 'playbook')
const DEMO_MS = 300_000

let program: ProgramHome
let run: EndedRun

const list = (type: string) => run.events.filter((event) => event.type === type)

describe('the demo', () => {
  beforeAll(async () => {
    program = await makeProgramHome()
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
    expect(run.result.phases.map(({ status }) => status)).toEqual(Array.from({ length: 13 }, () => 'passed'))
    expect(run.result.requirements.length).toBeGreaterThanOrEqual(5)
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
