import { AgentDefinition, PhaseDefinition, Playbook } from '@ropewalk/core/contract/playbook'
import { Estimate, NO_ESTIMATE } from '@ropewalk/core/contract/run-plan'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import { describe, expect, test } from 'vitest'
import { makeEstimate, type PastUse } from '../../src/engine/runs/estimate.ts'
import { getEstimateSource } from '../../src/engine/views/estimates.ts'

const DATE = '2026-11-20'

const makePlan = (models: readonly string[], tokens = 100_000, rounds = 5) => {
  const phase = (name: string, needs: readonly string[], agents: readonly string[]) =>
    PhaseDefinition.parse({
      phase: name,
      title: name,
      needs,
      parallelism: 'sequential',
      agents,
      budgets: { tokens, tools_minutes: 1, gpu_hours: 0, wallclock_minutes: 10 },
      timebox: 'PT10M',
      gate: { pass: 0.5, max_rounds: rounds },
    })
  const agent = (of: string, name: string, kind: 'model' | 'tool', output: string) =>
    AgentDefinition.parse({ agent: name, phase: of, kind, capability: kind, output, prompt: 'Do.' })
  return makeRunPlan({
    playbook: Playbook.parse({
      name: 'test',
      phases: [
        phase('draft', [], ['drafter']),
        phase('write', ['draft'], ['writer']),
        phase('scan', ['write'], ['scanner']),
      ],
      agents: [
        agent('draft', 'drafter', 'model', 'Draft'),
        agent('write', 'writer', 'model', 'Text'),
        agent('scan', 'scanner', 'tool', 'Scan'),
      ],
      prices: [
        { model: 'openai/known', from: '2026-01-01', input_usd_per_million: 2, output_usd_per_million: 10 },
      ],
    }),
    playbookHash: '0'.repeat(64),
    idea: 'An idea',
    repo: null,
    models,
    capMicros: 5_000_000,
    clarification: 'autonomous',
    questionDeadlineMs: 0,
    unconfined: false,
    estimate: NO_ESTIMATE,
  })
}

const use = (phase: string, tokens: number, of: Partial<PastUse> = {}): PastUse => ({
  phase,
  agents: [phase === 'draft' ? 'drafter' : 'writer'],
  model: 'openai/known',
  inputTokens: Math.floor(tokens * 0.75),
  outputTokens: tokens - Math.floor(tokens * 0.75),
  ...of,
})

const estimate = (past: readonly PastUse[] = [], models: readonly string[] = ['openai/known']) =>
  makeEstimate({ plan: makePlan(models), past, date: DATE })

const phaseOf = (of: Estimate, name: string) => {
  const found = of.phases.find(({ phase }) => phase === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

/** Numbers in a row that is the same at every run of the tests (mulberry32). */
const makeRandom = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('an estimate without past runs', () => {
  test('is one to three rounds of each budget, and nothing for phases without a model', () => {
    const found = estimate()
    expect(found).toMatchObject({
      basis: 'playbook',
      runs: 0,
      price: 'listed',
      lowTokens: 40_000,
      highTokens: 120_000,
    })
    expect(phaseOf(found, 'scan')).toMatchObject({ highTokens: 0, highMicros: 0 })
    // 20,000 tokens: 15,000 in at 2 dollars a million and 5,000 out at 10.
    expect(phaseOf(found, 'draft')).toMatchObject({
      lowTokens: 20_000,
      tokens: 40_000,
      lowMicros: 80_000,
      highMicros: 240_000,
    })
    expect(getEstimateSource(found)).toBe('from the playbook')
  })

  test('never passes the ceiling of a budget', () => {
    const found = makeEstimate({
      plan: makePlan(['openai/known'], 9000, 1),
      past: [use('draft', 50_000)],
      date: DATE,
    })
    for (const { lowTokens, tokens, highTokens } of found.phases)
      expect([lowTokens, tokens, highTokens].every((count) => count <= 9000)).toBe(true)
  })

  test('is nothing for the offline model, whatever real ones used before', () => {
    expect(estimate([use('draft', 1000)], ['offline', 'openai/known'])).toEqual(NO_ESTIMATE)
  })

  test('says where a model has no price', () => {
    const found = estimate([], ['openai/unheard'])
    expect(found.price).toBe('assumed')
    expect(found.highMicros).toBeGreaterThan(estimate().highMicros)
  })
})

describe('an estimate from past runs', () => {
  test('rests on each phase apart, and says so', () => {
    const found = estimate([use('draft', 30_000), use('draft', 34_000)])
    expect(found).toMatchObject({ basis: 'mixed', runs: 2 })
    expect(phaseOf(found, 'draft')).toMatchObject({ runs: 2, tokens: 32_000 })
    expect(phaseOf(found, 'write')).toMatchObject({ runs: 0, lowTokens: 20_000 })
    expect(getEstimateSource({ basis: 'runs', runs: 1 })).toBe('from 1 past run')
  })

  test('comes close to what is used again and again, fix rounds and all', () => {
    const { lowTokens, highTokens } = phaseOf(
      estimate(Array.from({ length: 12 }, () => use('draft', 33_000))),
      'draft',
    )
    expect(lowTokens).toBeGreaterThan(32_900)
    expect(highTokens).toBeLessThan(33_100)
  })

  test('learns of the same agents only, and of the same model where it can', () => {
    expect(estimate([use('draft', 1000, { agents: ['somebody'] })]).basis).toBe('playbook')
    const found = phaseOf(
      estimate([use('draft', 90_000, { model: 'openai/other' }), use('draft', 30_000)]),
      'draft',
    )
    expect(found).toMatchObject({ runs: 1, tokens: 30_000 })
    expect(phaseOf(estimate([use('draft', 90_000, { model: 'openai/other' })]), 'draft').runs).toBe(1)
  })

  test('looks at no more than twenty runs', () => {
    const many = Array.from({ length: 60 }, (_, index) => use('draft', index < 20 ? 30_000 : 90_000))
    expect(phaseOf(estimate(many), 'draft')).toMatchObject({ runs: 20, tokens: 30_000 })
  })

  test('a thousand histories: whole numbers in order, never wider for a run inside the range', () => {
    for (let seed = 1; seed <= 1000; seed += 1) {
      const random = makeRandom(seed)
      const past: PastUse[] = []
      let before = phaseOf(estimate(), 'draft')
      for (let run = 0; run < 12; run += 1) {
        const tokens = random() < 0.1 ? 0 : Math.floor(random() ** 3 * 200_000)
        past.unshift(use('draft', tokens))
        const whole = estimate(past)
        const after = phaseOf(whole, 'draft')
        Estimate.parse(whole)
        expect(after.lowTokens).toBeLessThanOrEqual(after.tokens)
        expect(after.tokens).toBeLessThanOrEqual(after.highTokens)
        expect(after.lowMicros).toBeLessThanOrEqual(after.highMicros)
        if (tokens >= before.lowTokens && tokens <= before.highTokens) {
          expect(after.lowTokens).toBeGreaterThanOrEqual(before.lowTokens)
          expect(after.highTokens).toBeLessThanOrEqual(before.highTokens)
        }
        before = after
      }
    }
  })
})
