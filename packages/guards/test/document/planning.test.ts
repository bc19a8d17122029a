import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DOCUMENTS, findDocumentContract } from '@ropewalk/core/contract/documents'
import { getUnitEconomics, isStatedRight } from '../../src/document/viability.ts'
import { edit } from './edit.ts'
import { ASSUMPTIONS, CRITIQUE, IDEA_SPEC, IDEATION, PLAN, PRICING, RISKS } from './given.ts'
import { judge, RUN } from './judge.ts'

const MEASURED = {
  tool: 'x',
  toolVersion: '1',
  argv: null,
  revision: 'a'.repeat(40),
  outcome: 'done',
  reason: null,
}

test('the sample documents satisfy their contracts', () => {
  for (const [name, document] of Object.entries(RUN))
    expect(findDocumentContract(name)?.safeParse(document).error?.issues ?? []).toEqual([])
  expect(Object.keys(DOCUMENTS)).toEqual(expect.arrayContaining(Object.keys(RUN)))
})

describe('schema by pointer', () => {
  const judgeSettings = (settings: Readonly<Record<string, unknown>>) =>
    judge('schema', { RiskRegister: RISKS, PricingModel: PRICING }, { settings })

  test('passes counts, ranges and fields that hold', async () => {
    const settings = {
      min_items: { '/risks': 3, '/risks/*/cites': 1, 'PricingModel#/tiers': 2 },
      max_items: { '/tiers': 4 },
      ranges: {
        '/risks/*/impact': [1, 5],
        '/unit_economics/cac': [null, 30],
        'PricingModel#/tiers/*/price': [4, null],
      },
      required_fields: ['RiskRegister#/risks/*/owner', 'summary'],
    }
    expect(await judgeSettings(settings)).toMatchObject({ outcome: 'pass', reasons: [] })
  })

  test.each([
    [{ min_items: { '/risks': 4 } }, 'RiskRegister#/risks has 3 items, expected at least 4.'],
    [{ max_items: { '/tiers': 1 } }, 'PricingModel#/tiers has 2 items, expected at most 1.'],
    [{ min_items: { '/risks/*/steps': 1 } }, 'RiskRegister#/risks/0/steps is missing.'],
    [{ min_items: { '/summary': 1 } }, 'RiskRegister#/summary is no list, expected at least 1.'],
    [{ min_items: { '/nothing': 1 } }, '/nothing is missing in RiskRegister, PricingModel.'],
    [
      { ranges: { '/risks/*/impact': [5, 5] } },
      'RiskRegister#/risks/2/impact is 4, expected a number from 5 to 5.',
    ],
    [
      { ranges: { 'PricingModel#/tiers/*/name': [0, null] } },
      'PricingModel#/tiers/0/name is "Home", expected a number from 0 to any.',
    ],
    [{ required_fields: ['PricingModel#/tiers/*/limits'] }, 'PricingModel#/tiers/1/limits is empty.'],
  ])('%j tells where it fails', async (settings, reason) => {
    const found = await judgeSettings(settings)
    expect(found.outcome).toBe('fail')
    expect(found.reasons).toContain(reason)
  })

  test('a place that is no pointer ends as an error', async () => {
    expect((await judgeSettings({ ranges: { impact: [1, 5] } })).outcome).toBe('error')
  })

  test('a document that breaks its contract scores 0 however much else is right', async () => {
    const found = await judge(
      'schema',
      { RiskRegister: edit(RISKS, { '/risks/0/impact': 9 }) },
      { settings: { min: 0 } },
    )
    expect(found).toMatchObject({ outcome: 'fail', score: 0 })
  })
})

describe('feasibility', () => {
  test('weighs three scores and passes', async () => {
    const found = await judge('feasibility', { IdeationResult: IDEATION })
    expect(found).toMatchObject({ outcome: 'pass', reasons: [] })
    expect(found.score).toBeCloseTo(0.4 * 0.9 + 0.3 * 0.8 + 0.3 * 0.8)
  })

  test.each([
    ['a weak mean', { '/feasibility/technical/score': 0.5 }, /weighs 0.68, expected at least 0.7/u, 'major'],
    [
      'one very weak view',
      { '/feasibility/financial/score': 0.2 },
      /feasibility\/financial\/score is 0.2, expected at least 0.5/u,
      'major',
    ],
    [
      'a citation of nothing',
      { '/feasibility/technical/cites/0': 'Market#/size' },
      /technical\/cites names Market#\/size, which does not exist/u,
      'critical',
    ],
    [
      'a goal without a use case',
      { '/use_cases/1/cites/0': 'IdeaSpec#/summary' },
      /serve 0.5 of the goals, expected 0.85: none cites IdeaSpec#\/goals\/1/u,
      'major',
    ],
  ])('fails %s', async (_what, changes, reason, severity) => {
    const found = await judge('feasibility', { IdeationResult: edit(IDEATION, changes) })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a specification without scores fails, and one with them is judged alone', async () => {
    const none = await judge('feasibility', { IdeaSpec: IDEA_SPEC })
    expect(none.reasons.join()).toMatch(/IdeaSpec#\/feasibility is missing/u)
    const spec = {
      ...IDEA_SPEC,
      feasibility: edit(IDEATION.feasibility, { '/technical/cites/0': 'Idea#/text' }),
    }
    expect(
      await judge('feasibility', { IdeaSpec: spec }, { others: { IdeationResult: undefined } }),
    ).toMatchObject({ outcome: 'pass' })
  })
})

describe('risk coverage', () => {
  test('passes different risks of three categories that take up the grave finding', async () => {
    expect(await judge('risk-coverage', { RiskRegister: RISKS })).toMatchObject({ outcome: 'pass', score: 1 })
  })

  test.each([
    ['too few', { '/risks/2': undefined }, /names 2 different risks, expected at least 3/u],
    [
      'one said twice',
      { '/risks/2': { ...RISKS.risks[1], id: 'RISK-003', category: 'legal' } },
      /names 2 different risks[\s\S]*risks\/2 says the same as RiskRegister#\/risks\/1/u,
    ],
    [
      'two categories',
      { '/risks/2/category': 'technical' },
      /has 2 categories \(security, technical\), expected at least 3/u,
    ],
    [
      'a mitigation said to be proven',
      { '/risks/0/mitigation_status': 'validated' },
      /risks\/0\/mitigation_status is validated, but the risk cites nothing that was measured/u,
    ],
  ])('fails %s', async (_what, changes, reason) => {
    const found = await judge('risk-coverage', { RiskRegister: edit(RISKS, changes) })
    expect(found.outcome).toBe('fail')
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a grave finding that no risk cites, and a missing category by name, are told', async () => {
    const register = edit(RISKS, { '/risks/0/cites/0': 'IdeaSpec#/problem' })
    const settings = { required_categories: ['legal', 'security'], min: 1 }
    const found = await judge(
      'risk-coverage',
      { RiskRegister: register, CritiqueReport: CRITIQUE },
      { settings },
    )
    expect(found.reasons).toEqual([
      'RiskRegister#/risks has no risk of category legal.',
      'No risk of RiskRegister cites CritiqueReport#/findings/0, the high finding "Links may lead to harm".',
    ])
  })

  test('a mitigation proven by a report is believed', async () => {
    const register = edit(RISKS, {
      '/risks/0/mitigation_status': 'validated',
      '/risks/0/cites/-': 'LoadReport#/revision',
    })
    const found = await judge(
      'risk-coverage',
      { RiskRegister: register },
      { others: { LoadReport: MEASURED } },
    )
    expect(found.outcome).toBe('pass')
  })
})

describe('assumptions', () => {
  test('passes five that were really challenged', async () => {
    expect(await judge('assumptions', { RevisedAssumptions: ASSUMPTIONS })).toMatchObject({
      outcome: 'pass',
      score: 1,
    })
  })

  test.each([
    ['four', { '/assumptions/4': undefined }, /challenges 4 different assumptions, expected at least 5/u],
    [
      'a challenge that repeats',
      { '/assumptions/2/challenge': 'One machine carries the load' },
      /challenges 4 different[\s\S]*assumptions\/2\/challenge only repeats/u,
    ],
    [
      'a revision without words',
      { '/assumptions/1/revised_statement': null },
      /assumptions\/1\/verdict is revised, but revised_statement is null/u,
    ],
    [
      'a kept one with other words',
      { '/assumptions/0/revised_statement': 'Writers have two.' },
      /assumptions\/0\/verdict is kept, but revised_statement gives another wording/u,
    ],
    [
      'a proof that is none',
      { '/assumptions/0/status': 'validated' },
      /assumptions\/0\/status is validated, but the assumption cites nothing that was measured/u,
    ],
    [
      'a dropped one that goes on',
      { '/assumptions/3/verdict': 'dropped' },
      /assumptions\/3\/verdict is dropped, yet its status is active/u,
    ],
  ])('fails %s', async (_what, changes, reason) => {
    const found = await judge('assumptions', { RevisedAssumptions: edit(ASSUMPTIONS, changes) })
    expect(found.outcome).toBe('fail')
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('one that the specification names and nobody challenged, and a change that changes nothing, cost', async () => {
    const revised = edit(ASSUMPTIONS, {
      '/assumptions/0/cites/0': 'IdeaSpec#/summary',
      '/changes/0': undefined,
    })
    const found = await judge('assumptions', { RevisedAssumptions: revised }, { settings: { min: 1 } })
    expect(found.outcome).toBe('fail')
    expect(found.reasons).toEqual([
      'No assumption of RevisedAssumptions cites IdeaSpec#/assumptions/0, so nobody challenged it.',
      'RevisedAssumptions#/changes is empty, though an assumption was revised or dropped; say what it changes.',
    ])
  })
})

describe('viability', () => {
  const both = (pricing: object = {}, plan: object = {}) => ({
    PricingModel: edit(PRICING, pricing as Record<string, unknown>),
    BusinessPlan: edit(PLAN, plan as Record<string, unknown>),
  })

  test('passes figures that follow from their numbers, and tells ours', async () => {
    const found = await judge('viability', both())
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.metrics).toMatchObject({
      ltv: 120,
      ltv_cac: 4,
      payback_months: 6.25,
      revenue_confidence: 0.75,
    })
  })

  test.each([
    [
      'a life-time value',
      { '/unit_economics/ltv': 150 },
      'PricingModel#/unit_economics/ltv says 150, but arpa × gross_margin ÷ monthly_churn of its own numbers is 120.',
    ],
    [
      'a ratio',
      { '/unit_economics/ltv_cac': 5 },
      'PricingModel#/unit_economics/ltv_cac says 5, but ltv ÷ cac of its own numbers is 4.',
    ],
    [
      'a payback time',
      { '/unit_economics/payback_months': 5 },
      'PricingModel#/unit_economics/payback_months says 5, but cac ÷ (arpa × gross_margin) of its own numbers is 6.25.',
    ],
    [
      'revenue that no tier gives',
      {
        '/unit_economics/arpa': 12,
        '/unit_economics/ltv': 240,
        '/unit_economics/ltv_cac': 8,
        '/unit_economics/payback_months': 3.125,
      },
      'PricingModel#/unit_economics/arpa is 12 a month, but the tiers cost 4 to 10 a month: no mix of them gives that.',
    ],
  ])('a false %s is critical and both numbers are told', async (_what, changes, reason) => {
    const found = await judge('viability', both(changes))
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical', reasons: [reason] })
  })

  test.each([
    [
      { '/unit_economics/cac': 60, '/unit_economics/ltv_cac': 2, '/unit_economics/payback_months': 12.5 },
      {},
      /LTV:CAC is 2, expected at least 3[\s\S]*payback takes 12.5 months, expected at most 12/u,
    ],
    [{}, { '/revenue_streams/0/confidence': 0.6 }, /confidence by amount is 0.6, expected at least 0.7/u],
    [{ '/tiers/1/name': 'home' }, {}, /tiers\/1\/name is "home", as is that of \/tiers\/0/u],
    [{}, { '/currency': 'USD' }, /BusinessPlan#\/currency is USD, PricingModel#\/currency is EUR/u],
  ])('honest figures that do not pay fail without being critical', async (pricing, plan, reason) => {
    const found = await judge('viability', both(pricing, plan))
    expect(found).toMatchObject({ outcome: 'fail', severity: 'major' })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a model that takes no money is held to no limit where the playbook says so, yet to its sums', async () => {
    const free = both(
      { '/unit_economics/cac': 60, '/unit_economics/ltv_cac': 2, '/unit_economics/payback_months': 12.5 },
      { '/model': 'internal' },
    )
    const settings = { exempt_models: ['internal'] }
    const found = await judge('viability', free, { settings })
    expect(found).toMatchObject({
      outcome: 'pass',
      reasons: [expect.stringMatching(/model is internal: the playbook/u)],
    })
    expect(found.metrics).toMatchObject({ exempt: 1, ltv_cac: 2 })
    const lying = { ...free, PricingModel: edit(free.PricingModel, { '/unit_economics/ltv': 500 }) }
    expect((await judge('viability', lying, { settings })).severity).toBe('critical')
  })

  test('without revenue any payback time is false', async () => {
    const found = await judge('viability', both({ '/unit_economics/arpa': 0, '/tiers/0/price': 0 }))
    expect(found.reasons.join()).toMatch(/payback_months says 6.25, but .* is without end/u)
  })

  const plain = fc.record({
    arpa: fc.double({ min: 0.5, max: 5000, noNaN: true }),
    gross_margin: fc.double({ min: 0.05, max: 1, noNaN: true }),
    monthly_churn: fc.double({ min: 0.001, max: 1, noNaN: true }),
    cac: fc.double({ min: 1, max: 10_000, noNaN: true }),
  })
  const KEYS = ['ltv', 'ltv_cac', 'payback_months'] as const
  const stated = (numbers: object, ours: object) => ({
    ...PRICING,
    tiers: PRICING.tiers.map((tier) => ({ ...tier, period: 'once' })),
    unit_economics: { ...PRICING.unit_economics, ...numbers, ...ours },
  })
  const OPEN = { min_ltv_cac: 0, max_payback_months: 1e9 }
  const judgeAlone = (pricing: object) =>
    judge('viability', { PricingModel: pricing }, { settings: OPEN, others: { BusinessPlan: undefined } })

  test('figures rounded to two places pass whatever the numbers', async () => {
    await fc.assert(
      fc.asyncProperty(plain, async (numbers) => {
        const ours = getUnitEconomics(numbers)
        const rounded = Object.fromEntries(KEYS.map((key) => [key, Math.round(ours[key] * 100) / 100]))
        expect((await judgeAlone(stated(numbers, rounded))).reasons).toEqual([])
      }),
    )
  })

  test('a figure that is off by more than a twentieth fails whichever it is', async () => {
    const off = fc.oneof(
      fc.double({ min: 1.05, max: 10, noNaN: true }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    )
    await fc.assert(
      fc.asyncProperty(plain, fc.constantFrom(...KEYS), off, async (numbers, key, factor) => {
        const ours = getUnitEconomics(numbers)
        // Twelve digits, so that the number's own rounding excuses nothing.
        const lie = Number((ours[key] * factor).toPrecision(12))
        const found = await judgeAlone(stated(numbers, { ...ours, [key]: lie }))
        fc.pre(!isStatedRight(lie, ours[key], 0.005))
        expect(found.severity).toBe('critical')
        expect(found.reasons).toHaveLength(1)
        expect(found.reasons[0]).toContain(`/unit_economics/${key} says`)
      }),
    )
  })

  test.each([
    [3.3, 10 / 3, true],
    [3, 3.4, true],
    [3, 3.6, false],
    [3.3, 3.36, false],
    [1e3, 1000.4, true],
    [0, Infinity, false],
  ])('%f for %f is right: %s', (stated, ours, right) => {
    expect(isStatedRight(stated, ours, 0.005)).toBe(right)
  })
})
