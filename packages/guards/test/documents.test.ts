import { describe, expect, test } from 'vitest'
import { listGuards } from '../src/registry.ts'
import { IDEA, makeCheckout, PRD, runGuard, STORIES } from './support.ts'

const withRequirement = (index: number, change: object) => ({
  ...PRD,
  requirements: PRD.requirements.map((one, at) => (at === index ? { ...one, ...change } : one)),
})

describe('every guard', () => {
  test.each(listGuards().map((guard) => [guard.name]))(
    '%s names a setting it does not know and ends as an error',
    async (name) => {
      const found = await runGuard(name, { judged: { PRD }, settings: { surprise: 1 } })
      expect(found).toMatchObject({
        outcome: 'error',
        score: 0,
        confined: 'not-needed',
        argv: null,
        exitCode: null,
      })
      expect(found.reasons.join()).toMatch(/surprise/u)
      expect(found.tool).toBe(`ropewalk-${name}`)
      expect(found.toolVersion).toMatch(/^\d+\.\d+\.\d+$/u)
    },
  )

  test.each(['schema', 'clarity', 'contradictions', 'grounding'])(
    '%s is not run where nothing judged is of its kind',
    async (name) => {
      expect((await runGuard(name, { judged: { SourceCode: 'bundle' } })).outcome).toBe('not-run')
    },
  )
})

describe('schema', () => {
  test('passes complete documents', async () => {
    const settings = {
      required_fields: ['title', '/overview'],
      required_sections: 4,
      min_requirements: 2,
      min_nonfunctional: 1,
    }
    const found = await runGuard('schema', { judged: { PRD }, settings })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [], severity: 'info' })
  })

  test('scores the share satisfied and names what is missing', async () => {
    const settings = { required_fields: ['out_of_scope', 'ux_flow'], min_stories: 3 }
    const found = await runGuard('schema', { judged: { PRD, UserStories: STORIES }, settings })
    expect(found).toMatchObject({ outcome: 'fail', score: 3 / 5, severity: 'major' })
    expect(found.reasons).toEqual([
      '/ux_flow is missing or empty in PRD, UserStories.',
      'Expected at least 3 stories, found 2.',
    ])
  })

  test('fails a document that breaks its contract, or is not JSON, at the place', async () => {
    const broken = await runGuard('schema', { judged: { PRD: withRequirement(1, { id: 'R2' }) } })
    expect(broken.outcome).toBe('fail')
    expect(broken.reasons.join()).toMatch(/\/requirements\/1\/id/u)
    expect((await runGuard('schema', { judged: { PRD: 'not json' } })).reasons).toEqual(['PRD is not JSON.'])
  })
})

describe('clarity', () => {
  test('passes measured statements', async () => {
    const found = await runGuard('clarity', { judged: { PRD } })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test('each vague word costs a fifth of its statement, and is named with its place', async () => {
    const told = {
      stories: [
        {
          ...STORIES.stories[0],
          want: 'a fast, user-friendly page',
          so_that: 'all is well',
          acceptance: ['It answers with 200.'],
        },
      ],
    }
    const found = await runGuard('clarity', { judged: { UserStories: told }, settings: { min: 0.9 } })
    expect(found.score).toBeCloseTo((0.6 + 1 + 1) / 3)
    expect(found.outcome).toBe('fail')
    expect(found.reasons.map((reason) => reason.split(' is ')[0])).toEqual([
      'UserStories#/stories/0/want: "fast"',
      'UserStories#/stories/0/want: "user-friendly"',
    ])
  })

  test('words inside words are left alone, and the list can be changed', async () => {
    const idea = {
      text: 'Breakfast with steadfast goodness, uneasy in the manyplies, at most 3; too many requests answer 429.',
    }
    expect((await runGuard('clarity', { judged: { Idea: idea } })).reasons).toEqual([])
    const settings = { extra_words: ['steadfast'], allowed_words: ['fast'] }
    const found = await runGuard('clarity', { judged: { Idea: { text: 'Steadfast and fast' } }, settings })
    expect(found.reasons.join()).toMatch(/"Steadfast" is vague/u)
    expect(found.score).toBeCloseTo(0.8)
  })

  test('a nonfunctional measure without a figure counts as a hit', async () => {
    const prd = {
      ...PRD,
      nonfunctional: [{ text: 'Answers come.', measure: 'Pleasant to use.', cites: ['Idea#/text'] }],
    }
    const found = await runGuard('clarity', { judged: { PRD: prd } })
    expect(found.reasons.join()).toMatch(/PRD#\/nonfunctional\/0\/measure: the measure names no figure/u)
  })
})

describe('clarity by the rules of ambiguity', () => {
  const judge = (text: string, settings: Record<string, unknown> = {}) =>
    runGuard('clarity', { judged: { Idea: { text } }, settings })

  test.each([
    ['Show at least 20 rows and at most 10 rows.', 'conflicting-statements', 0.55],
    ['The export format is TBD.', 'unresolved-reference', 0.75],
    ['Each invoice must be approved.', 'unknown-actor', 0.8],
  ])('"%s" is a hit of %s, with its place and its weight', async (text, rule, score) => {
    const found = await judge(text)
    expect(found.score).toBeCloseTo(score)
    expect(found.reasons).toHaveLength(1)
    expect(found.reasons[0]).toMatch(new RegExp(`^Idea#/text: ${rule}: `, 'u'))
  })

  test('asks a goal for a target that can be measured, and nothing else for one', async () => {
    const goals = ['Reduce the waiting time.', 'Reduce the waiting time by 20 % within 6 weeks.']
    const spec = { summary: 'Reduce the waiting time.', goals: goals.map((text) => ({ text })) }
    const found = await runGuard('clarity', { judged: { IdeaSpec: spec } })
    expect(found.reasons.map((reason) => reason.split(': ').slice(0, 2))).toEqual([
      ['IdeaSpec#/goals/0/text', 'no-measurable-target'],
      ['IdeaSpec#/goals/0/text', 'no-measurable-target'],
    ])
    expect(found.score).toBeCloseTo((1 + 0.55 + 1) / 3)
  })

  test('names places that its settings ask for and no document fills', async () => {
    const settings = { fields: ['/text', '/users/*', '/owner'] }
    const found = await runGuard('clarity', {
      judged: { Idea: { text: 'Sort the mail.', users: [], owner: 'ed' } },
      settings,
    })
    expect(found.reasons).toEqual(['/users/*: missing-field: no judged document says it.'])
    expect(found.score).toBeCloseTo((1 + 0.65) / 2)
  })

  test('lets a phase weigh each rule, switch one off, and say who is known', async () => {
    expect((await judge('A fast page.', { weights: { 'vague-term': 0.5 } })).score).toBeCloseTo(0.5)
    expect(
      (await judge('Each invoice must be approved.', { weights: { 'unknown-actor': 0 } })).reasons,
    ).toEqual([])
    const text = 'The legal team signs each contract.'
    expect((await judge(text)).reasons).toEqual([])
    expect((await judge(text, { actors: ['finance'] })).reasons.join()).toMatch(/unknown-actor/u)
    const broken = await judge(text, { weights: { 'vague-words': 1 } })
    expect(broken).toMatchObject({ outcome: 'error' })
    expect(broken.reasons.join()).toMatch(/settings\.weights/u)
  })

  test('lets a specification speak of anybody, of files to come and of what stands before', async () => {
    const text = 'When somebody asks, the CSV is written. It has many-sided rows; fast_lane is a name.'
    expect((await judge(text)).reasons).toEqual([
      'Idea#/text: "many" is vague; name a figure, a list or a condition.',
    ])
  })
})

describe('contradictions', () => {
  test('passes a document at peace with its inputs', async () => {
    const found = await runGuard('contradictions', {
      judged: { PRD, UserStories: STORIES },
      others: { Idea: IDEA },
    })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test.each([
    ['an id used twice', withRequirement(1, { id: 'REQ-001' }), /same id REQ-001/u],
    [
      'what is ruled out',
      withRequirement(1, { title: 'Sign in', statement: 'The service must keep user accounts in a file.' }),
      /PRD#\/requirements\/1\/statement asks for what PRD#\/out_of_scope\/0 rules out/u,
    ],
    [
      'must and must not',
      withRequirement(1, {
        statement: 'The service must not answer POST /links with status 201 and a code of 6 characters.',
      }),
      /say must and must not/u,
    ],
    [
      'two numbers of one thing',
      withRequirement(1, {
        statement: 'The service must answer POST /links with status 201 and a code of 8 characters.',
      }),
      /says 6 characters, PRD#\/requirements\/1\/statement says 8 characters/u,
    ],
  ])('finds %s', async (_what, prd, reason) => {
    const found = await runGuard('contradictions', { judged: { PRD: prd }, others: { Idea: IDEA } })
    expect(found.outcome).toBe('fail')
    expect(found.score).toBeLessThan(1)
    expect(found.reasons.join('\n')).toMatch(reason)
    const lenient = await runGuard('contradictions', {
      judged: { PRD: prd },
      settings: { max_contradictions: 5 },
    })
    expect(lenient.outcome).toBe('pass')
  })

  test('an input may be contradicted too', async () => {
    const idea = { text: 'Each answer must come within 500 ms.' }
    const prd = withRequirement(0, { statement: 'Each answer must come within 2 s.' })
    const found = await runGuard('contradictions', { judged: { PRD: prd }, others: { Idea: idea } })
    expect(found.reasons.join()).toMatch(/2 s.*500 ms/u)
  })

  test('measured qualities and constraints are compared too', async () => {
    const nfrs = {
      requirements: [
        { statement: 'Each answer must come in time.', measure: 'Within 500 ms at 10 requests per second.' },
      ],
    }
    const found = await runGuard('contradictions', { judged: { NFRs: nfrs }, others: { PRD } })
    expect(found.reasons).toEqual([
      'NFRs#/requirements/0/measure says 500 ms, PRD#/nonfunctional/0/measure says 200 ms of the same thing.',
    ])
  })

  test('the same figure in another unit, a range, and a denial are no contradictions', async () => {
    const idea = { text: 'Each answer must come within 2000 ms. A name must have at least 3 characters.' }
    const statement = 'Each answer must come within 2 s. A name must have at most 8 characters.'
    const prd = withRequirement(0, { statement })
    const denied = { ...prd, overview: 'It comes without user accounts.' }
    const found = await runGuard('contradictions', { judged: { PRD: denied }, others: { Idea: idea } })
    expect(found.reasons).toEqual([])
  })
})

describe('requirement coverage', () => {
  test('passes where each requirement has a story', async () => {
    const found = await runGuard('requirement-coverage', { judged: { PRD, UserStories: STORIES } })
    expect(found).toMatchObject({ outcome: 'pass', score: 1 })
  })

  test('names orphans both ways', async () => {
    const [first, second] = STORIES.stories
    const stories = [first, { ...second, requirements: ['REQ-009'] }]
    const found = await runGuard('requirement-coverage', { judged: { PRD, UserStories: { stories } } })
    expect(found).toMatchObject({ outcome: 'fail', score: 0.5 })
    expect(found.reasons).toEqual([
      'Requirement REQ-002 has no story.',
      'Story US-002 names REQ-009, which the PRD does not have.',
    ])
  })

  test('ends as an error without stories, and raises a broken PRD', async () => {
    expect((await runGuard('requirement-coverage', { judged: { PRD } })).outcome).toBe('error')
    await expect(
      runGuard('requirement-coverage', { judged: { PRD: {}, UserStories: STORIES } }),
    ).rejects.toThrow(/PRD breaks its contract/u)
  })
})

describe('grounding', () => {
  const ground = (cites: readonly string[], settings = {}) =>
    runGuard('grounding', {
      judged: { PRD: withRequirement(1, { cites }) },
      others: { Idea: IDEA },
      settings,
    })

  test('passes claims that cite what exists', async () => {
    expect(await ground(['Idea#/text'])).toMatchObject({ outcome: 'pass', score: 1 })
  })

  test.each([
    ['an artifact that does not exist', ['Market#/size'], /cites Market#\/size, which does not exist/u],
    [
      'a place that does not exist',
      ['Idea#/text', 'Idea#/budget'],
      /cites Idea#\/budget, which does not exist/u,
    ],
    ['nothing', [], /cites nothing/u],
    ['itself', ['PRD#/requirements/1/statement'], /cites itself/u],
    ['the whole that holds it', ['PRD#'], /cites itself/u],
  ])('a claim that cites %s scores 0', async (_what, cites, reason) => {
    const found = await ground(cites, { min: 0.9 })
    expect(found.outcome).toBe('fail')
    expect(found.score).toBeCloseTo(2 / 3)
    expect(found.reasons.join()).toMatch(reason)
    expect((await ground(cites, { min: 0.6 })).outcome).toBe('pass')
  })

  test('claims that only cite each other are not grounded', async () => {
    const ring = {
      ...PRD,
      requirements: PRD.requirements.map((one, at) => ({
        ...one,
        cites: [`PRD#/requirements/${1 - at}/statement`],
      })),
    }
    const found = await runGuard('grounding', { judged: { PRD: ring }, others: { Idea: IDEA } })
    expect(found.score).toBeCloseTo(1 / 3)
    expect(found.reasons.join()).toMatch(/rests only on claims that are not grounded/u)
  })

  test('a claim may rest on a file of the judged code, and on none outside it', async () => {
    const check = (cited: string) =>
      runGuard('grounding', {
        judged: { PRD: withRequirement(1, { cites: [cited] }), SourceCode: 'bundle' },
        others: { Idea: IDEA },
        dir: makeCheckout({ 'src/a.js': 'export {}' }),
        settings: { min: 0.9 },
      })
    expect((await check('SourceCode#/src/a.js:1')).outcome).toBe('pass')
    expect((await check('SourceCode#/src/b.js')).reasons.join()).toMatch(/src\/b.js, which does not exist/u)
    expect((await check('SourceCode#/../../../etc/passwd')).outcome).toBe('fail')
  })
})
