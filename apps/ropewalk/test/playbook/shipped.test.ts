import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { PhaseDefinition } from '@ropewalk/core/contract/playbook'
import { findGuard } from '@ropewalk/guards/registry'
import { describe, expect, test } from 'vitest'
import { formatFault } from '../../src/engine/playbook/fault.ts'
import { AGENT_TOOLS, WORKER_TOOLS } from '../../src/engine/playbook/known-names.ts'
import { judgePlaybook, type PinnedPlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { TOOLS } from '../../src/worker/agents/tools/registry.ts'
import { planOf, SHIPPED } from './support.ts'

const judged = judgePlaybook({ base: SHIPPED, project: null })

const getPinned = (): PinnedPlaybook => {
  if (judged.pinned === null) throw new Error(judged.faults.map(formatFault).join('\n'))
  return judged.pinned
}

test('the playbook that comes with the program has no fault', () => {
  expect(judged.faults.map(formatFault)).toEqual([])
})

/** Phases with what they wait for, how many agents the requirements ask for at least, and the stages of their plan. */
const PLAN: readonly (readonly [string, readonly string[], number, readonly (readonly string[])[]])[] = [
  ['intake', [], 3, [['intake'], ['constraints'], ['requirements']]],
  ['ideation', ['intake'], 4, [['strategy', 'competitive', 'tech-stack', 'persona']]],
  ['critique', ['ideation'], 3, [['critique'], ['risk-analysis'], ['assumption-challenger']]],
  [
    'prd',
    ['critique'],
    5,
    [['prd-writer'], ['nfrs'], ['ux-flow'], ['story-cutter'], ['trace-matrix'], ['prd-reviewer']],
  ],
  ['bizdev', ['prd'], 4, [['business-model', 'pricing', 'gtm', 'metrics']]],
  [
    'architecture',
    ['bizdev'],
    5,
    [
      ['architecture', 'data-model'],
      ['api-design', 'infrastructure', 'security-architect'],
      ['architecture-reviewer'],
    ],
  ],
  [
    'build',
    ['architecture'],
    5,
    [
      ['database'],
      ['backend'],
      ['frontend'],
      ['integration'],
      ['test'],
      ['test-suite', 'coverage-report'],
      ['code-reviewer'],
    ],
  ],
  [
    'security',
    ['build'],
    9,
    [
      ['secrets', 'sca', 'sast', 'iac', 'container', 'privacy', 'threat-model', 'dast', 'supply-chain'],
      ['security-pack'],
    ],
  ],
  [
    'story-loop',
    ['build'],
    3,
    [['story-implementer'], ['story-tester'], ['acceptance-tests'], ['story-validator']],
  ],
  [
    'qa',
    ['security', 'story-loop'],
    5,
    [
      ['e2e-test', 'performance', 'load-test', 'accessibility', 'compatibility', 'test-tracer'],
      ['qa-analyst'],
    ],
  ],
  ['aesthetic', ['qa'], 4, [['branding'], ['ui-polish', 'animation'], ['responsive'], ['screenshots']]],
  [
    'release',
    ['aesthetic'],
    4,
    [['documentation'], ['changelog'], ['deployment'], ['rollback'], ['release-notes']],
  ],
  ['beta', ['release'], 4, [['deploy'], ['canary'], ['monitor'], ['feedback'], ['analytics']]],
]

describe('thirteen phases', () => {
  const plan = planOf(getPinned())
  const { playbook } = getPinned()

  test('stand in their order', () => {
    expect(plan.phases.map(({ phase }) => phase)).toEqual(PLAN.map(([phase]) => phase))
  })

  test('have more than 43 agents between them, each with a file of its own', () => {
    expect(playbook.phases.flatMap(({ agents }) => agents).length).toBeGreaterThanOrEqual(43)
    expect(new Set(playbook.agents.map(({ agent }) => agent)).size).toBe(playbook.agents.length)
  })

  test.each(PLAN)('%s waits for its needs and goes in its stages', (name, needs, least, stages) => {
    const phase = plan.phases.find((each) => each.phase === name)
    const definition = playbook.phases.find((each) => each.phase === name)
    expect(definition?.needs).toEqual(needs)
    expect(definition?.agents.length).toBeGreaterThanOrEqual(least)
    expect(phase?.stages).toEqual(stages)
  })
})

type Row = readonly [
  phase: string,
  budget: readonly [tokensThousand: number, toolMinutes: number, wallMinutes: number],
  gate: readonly [pass: number, rounds: number],
  clarification: readonly [questions: number, grounding: number, rounds: number],
  checkpoint: number,
  retry: readonly [attempts: number, baseMs: number],
  weights: Readonly<Record<string, number>>,
]

/** The numbers that were asked for; a phase may have further rubrics beside these. */
const NUMBERS: readonly Row[] = [
  ['intake', [50, 5, 15], [0.75, 3], [5, 0.75, 3], 2, [3, 1000], { completeness: 0.3, clarity: 0.4, grounding: 0.3 }],
  ['ideation', [100, 10, 30], [0.75, 3], [10, 0.8, 3], 3, [3, 2000], { completeness: 0.25, feasibility: 0.35, grounding: 0.4 }],
  ['critique', [75, 8, 25], [0.7, 3], [8, 0.75, 3], 2, [3, 1500], { risk_coverage: 0.4, assumption_quality: 0.3, grounding: 0.3 }],
  ['prd', [200, 15, 45], [0.8, 5], [15, 0.85, 5], 3, [5, 2000], { completeness: 0.25, consistency: 0.25, grounding: 0.3, coverage: 0.2 }],
  ['bizdev', [100, 10, 30], [0.75, 3], [10, 0.8, 3], 2, [3, 1500], { completeness: 0.3, viability: 0.4, grounding: 0.3 }],
  ['architecture', [250, 20, 60], [0.85, 5], [20, 0.85, 5], 4, [5, 2000], { completeness: 0.25, scalability: 0.25, security: 0.25, grounding: 0.25 }],
  ['build', [500, 60, 180], [0.85, 5], [25, 0.85, 5], 5, [5, 3000], { compilation: 0.3, tests: 0.3, coverage: 0.2, grounding: 0.2 }],
  ['security', [150, 30, 60], [0.9, 5], [15, 0.9, 5], 3, [5, 2000], { vulnerabilities: 0.4, secrets: 0.3, sbom: 0.15, grounding: 0.15 }],
  ['story-loop', [400, 50, 150], [0.85, 5], [20, 0.85, 10], 5, [5, 3000], { story_completion: 0.35, acceptance_tests: 0.35, grounding: 0.3 }],
  ['qa', [200, 40, 90], [0.9, 5], [15, 0.85, 5], 4, [5, 2500], { test_pass_rate: 0.35, performance: 0.3, accessibility: 0.2, grounding: 0.15 }],
  ['aesthetic', [150, 20, 60], [0.8, 3], [10, 0.8, 3], 3, [3, 2000], { consistency: 0.35, responsiveness: 0.3, branding: 0.2, grounding: 0.15 }],
  ['release', [100, 15, 45], [0.85, 3], [10, 0.85, 3], 2, [3, 1500], { completeness: 0.4, documentation: 0.3, grounding: 0.3 }],
  ['beta', [100, 20, 60], [0.9, 3], [8, 0.85, 3], 3, [3, 2000], { deployment_health: 0.4, monitoring: 0.3, canary: 0.2, grounding: 0.1 }],
] // prettier-ignore

test.each(NUMBERS)(
  '%s has its budgets, passes, rounds and weights',
  (name, budget, [pass, rounds], [questions, grounding, times], checkpoint, [attempts, base], weights) => {
    const phase = getPinned().playbook.phases.find((each) => each.phase === name)
    const [tokens, tools, wall] = budget
    expect(phase).toMatchObject({
      budgets: { tokens: tokens * 1000, tools_minutes: tools, gpu_hours: 0, wallclock_minutes: wall },
      gate: { pass, max_rounds: rounds },
      clarification: { max_questions: questions, grounding, rounds: times },
      checkpoint_minutes: checkpoint,
      retry: { max_attempts: attempts, base_ms: base, max_ms: 60_000 },
      rubrics: Object.fromEntries(Object.entries(weights).map(([rubric, weight]) => [rubric, { weight }])),
      aggregation: name === 'story-loop' ? 'concat' : 'merge',
    })
  },
)

describe('gates', () => {
  const phases = getPinned().playbook.phases
  const listGuardsOf = (phase: PhaseDefinition | undefined) => phase?.guards.map(({ guard }) => guard)

  test('what proves a requirement or keeps a secret is neither optional nor waivable', () => {
    for (const { phase, guards, rubrics } of phases)
      for (const { guard, rubric } of guards.filter(
        ({ guard: name, settings }) =>
          ['tests', 'compile', 'secrets'].includes(name) || settings['scanner'] === 'secrets',
      ))
        expect([phase, guard, rubrics[rubric]]).toMatchObject([
          phase,
          guard,
          { optional: false, waivable: false },
        ])
  })

  test('the failure of one guard does not drown in the score of another', () => {
    for (const { phase, guards, rubrics } of phases)
      for (const [name, { min }] of Object.entries(rubrics))
        if (guards.filter(({ rubric }) => rubric === name).length > 1)
          expect([phase, name, min]).toEqual([phase, name, 1])
  })

  test.each(['qa', 'aesthetic'])('%s tests and scans the final code again', (name) => {
    const phase = phases.find((each) => each.phase === name)
    expect(listGuardsOf(phase)).toEqual(expect.arrayContaining(['tests', 'scan']))
    const scanned = phase?.guards
      .filter(({ guard }) => guard === 'scan')
      .map(({ settings }) => settings['scanner'])
    expect(scanned).toEqual(['secrets', 'sast'])
  })

  test('reviews are by somebody else, approvals stand where they were asked for', () => {
    const reviewed = phases.flatMap(({ phase, gate }) => (gate.review ? [[phase, gate.review.artifact]] : []))
    expect(reviewed).toEqual([
      ['architecture', 'ArchitectureDoc'],
      ['build', 'SourceCode'],
      ['prd', 'PRD'],
    ])
    expect(phases.filter(({ approval }) => approval).map(({ phase }) => phase)).toEqual([
      'architecture',
      'prd',
      'release',
    ])
  })

  test('a changed PRD leaves the business phase alone', () => {
    const { agents } = getPinned().playbook
    const bizdev = phases.find(({ phase }) => phase === 'bizdev')
    for (const agent of agents.filter(({ agent: name }) => bizdev?.agents.includes(name)))
      expect(agent.inputs).not.toContain('PRD')
    expect(bizdev?.guards.flatMap(({ artifacts }) => artifacts)).not.toContain('PRD')
  })

  test('settings of guards fit into a task', () => {
    for (const { guards } of phases)
      for (const { guard, settings } of guards) {
        expect(findGuard(guard)?.settings?.safeParse(settings).success).toBe(true)
        expect(JSON.stringify(settings).length).toBeLessThan(1000)
      }
  })
})

describe('prompts', () => {
  const written = getPinned().playbook.agents.filter(
    ({ kind, phase, agent }) =>
      (kind === 'model' || kind === 'coder') && agent !== 'fix-synth' && phase !== '',
  )

  test.each(written.map((agent) => [agent.agent, agent] as const))(
    '%s says enough to work by',
    (_name, agent) => {
      const words = agent.prompt.split(/\s+/u).length
      expect(words).toBeGreaterThanOrEqual(120)
      expect(words).toBeLessThanOrEqual(420)
      expect(agent.failure_modes.length).toBeGreaterThan(0)
      // Questions, interfaces and stories have no place for citations.
      if (agent.kind === 'model' && !['intake', 'api-design', 'story-cutter'].includes(agent.agent))
        expect(agent.prompt).toMatch(/[A-Za-z]+#\/|citation/u)
    },
  )

  test('coders and their fixers have the tools of a repository, models none that write', () => {
    for (const agent of written)
      expect([agent.agent, agent.tools.includes('repo.write')]).toEqual([agent.agent, agent.kind === 'coder'])
  })
})

describe('names that the reader knows', () => {
  test('of agents’ tools are those that the worker has', () => {
    expect([...AGENT_TOOLS].toSorted()).toEqual([...TOOLS.keys()].toSorted())
  })

  test('of the worker’s own programs are those that it runs', () => {
    const source = readFileSync(path.resolve(import.meta.dirname, '../../src/worker/run-tool.ts'), 'utf8')
    for (const name of WORKER_TOOLS) expect(source).toContain(`'${name}'`)
  })
})
