import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findMermaidFault, isNamedIn } from '../../src/document/mermaid.ts'
import { getScalabilityScore } from '../../src/document/scalability.ts'
import { edit } from './edit.ts'
import { ARCHITECTURE, DATA_MODEL, INFRASTRUCTURE, NFRS, OPENAPI } from './given-architecture.ts'
import { judge } from './judge.ts'

type Changes = Readonly<Record<string, unknown>>

describe('diagrams', () => {
  test('pass where they draw what is described', async () => {
    const found = await judge('diagrams', { ArchitectureDoc: ARCHITECTURE })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.metrics).toMatchObject({ diagrams: 4, adrs: 3, requirements_covered: 1 })
  })

  test.each<[string, Changes, RegExp, string]>([
    ['a missing kind', { '/diagrams/3': undefined }, /has none of kind deployment/u, 'major'],
    [
      'a drawing of another kind',
      { '/diagrams/2/mermaid': 'flowchart LR\n a --> b' },
      /diagrams\/2\/mermaid begins with "flowchart LR", which is no Mermaid diagram of kind sequence/u,
      'major',
    ],
    [
      'parts that nothing joins',
      { '/diagrams/0/mermaid': 'flowchart LR\n writer\n shortener' },
      /diagrams\/0\/mermaid joins nothing/u,
      'major',
    ],
    [
      'an open bracket',
      { '/diagrams/0/mermaid': 'flowchart LR\n writer[Writer --> shortener' },
      /diagrams\/0\/mermaid has a bracket that is not closed/u,
      'major',
    ],
    ['two decisions', { '/adrs/2': undefined }, /adrs has 2, expected at least 3/u, 'major'],
    [
      'a decision without reasons',
      { '/adrs/1/alternatives/0/reason_refused': 'bad' },
      /0.666667 are complete, expected 0.95; ADR-002 lack/u,
      'major',
    ],
    [
      'a requirement that no part carries',
      { '/components/2/requirements': [], '/components/0/requirements': [] },
      /carry 0.5 of the requirements, expected 1: none names REQ-002/u,
      'major',
    ],
    [
      'a part that is not there',
      { '/components/0/depends_on': ['COMP-009'] },
      /components\/0\/depends_on names COMP-009, which is no component/u,
      'critical',
    ],
  ])('fail for %s', async (_what, changes, reason, severity) => {
    const found = await judge('diagrams', { ArchitectureDoc: edit(ARCHITECTURE, changes) })
    expect(found).toMatchObject({ outcome: 'fail', severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a part that no container diagram shows, and a ring of parts, cost', async () => {
    const changed = edit(ARCHITECTURE, {
      '/components/2/name': 'Ledger',
      '/components/2/depends_on': ['COMP-001'],
    })
    const found = await judge('diagrams', { ArchitectureDoc: changed }, { settings: { min: 1 } })
    expect(found.reasons).toEqual([
      'ArchitectureDoc#/components/2 (COMP-003 Ledger) stands in no container diagram.',
      'ArchitectureDoc#/components depend on each other in a ring: COMP-001 → COMP-002 → COMP-003 → COMP-001.',
    ])
  })

  test.each([
    ['container', 'C4Container\n  Container(api, "API (v1)")\n  Rel(api, db, "reads :)")', undefined],
    ['context', '---\ntitle: x\n---\n%% a note [\ngraph TD\n  a -.-> b', undefined],
    ['deployment', 'Some prose about a server', /begins with "Some prose/u],
    ['sequence', 'sequenceDiagram\n  A->>B: one (of two', undefined],
    ['context', '', /begins with ""/u],
  ])('a %s diagram %j is judged by its form', (kind, mermaid, fault) => {
    if (fault === undefined) expect(findMermaidFault(kind, mermaid)).toBeUndefined()
    else expect(findMermaidFault(kind, mermaid)).toMatch(fault)
  })

  test('a part is shown by its id or by all words of its name on one line', () => {
    expect(isNamedIn('graph LR\n comp_001[x] --> y', 'COMP-001', 'Nothing')).toBe(true)
    expect(isNamedIn('graph LR\n a[Link] --> b\n c[store] --> d', 'COMP-003', 'Link store')).toBe(false)
    expect(isNamedIn('graph LR\n %% Link store\n a --> b', 'COMP-003', 'Link store')).toBe(false)
  })
})

describe('scalability', () => {
  test('scores the plain numbers', async () => {
    const found = await judge('scalability', { ArchitectureDoc: ARCHITECTURE })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.metrics).toMatchObject({ headroom: 4, scalability: 1 })
  })

  test.each<[string, Changes, RegExp, string]>([
    [
      'a boast',
      {
        '/scalability/capacity_requests_per_second': 100,
        '/scalability/expected_requests_per_second': 100,
        '/scalability/score': 1,
      },
      /score says 1, but its own numbers give 0.75/u,
      'critical',
    ],
    [
      'too little for the load',
      { '/scalability/capacity_requests_per_second': 40, '/scalability/score': 0.1 },
      /is 40, less than the 50 expected/u,
      'major',
    ],
    [
      'too little for a promise',
      { '/scalability/capacity_requests_per_second': 99, '/scalability/score': 0.1 },
      /is 99, but NFR-002 asks for at least 100 requests\/s/u,
      'major',
    ],
    [
      'a measure resting on nothing',
      { '/scalability/measures/0/cites/0': 'LoadTest#/x' },
      /cites LoadTest#\/x, which does not exist/u,
      'critical',
    ],
    [
      'a low score',
      {
        '/scalability/expected_requests_per_second': 190,
        '/scalability/measures/1': undefined,
        '/scalability/score': 0.1,
      },
      /scores 0\.\d+, expected 0.75: headroom 1.05263 of 2, 1 measures of 2, disks for 8.33333 of 12/u,
      'major',
    ],
  ])('fails %s', async (_what, changes, reason, severity) => {
    const found = await judge('scalability', { ArchitectureDoc: edit(ARCHITECTURE, changes) })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('disks that fill up cost, and without any planned the rest counts', async () => {
    const small = edit(INFRASTRUCTURE, { '/resources/1/disk_mb': 60 })
    const found = await judge('scalability', { ArchitectureDoc: ARCHITECTURE, InfrastructureSpec: small })
    expect(found.score).toBeCloseTo((2 + 1 + 0.5) / 4)
    expect(found.reasons.join()).toMatch(/disks for 0.5 of what 12 months/u)
    const none = { InfrastructureSpec: undefined, NFRs: NFRS }
    expect(await judge('scalability', { ArchitectureDoc: ARCHITECTURE }, { others: none })).toMatchObject({
      score: 1,
    })
  })

  test('more of anything never scores less, and the score stays a share', () => {
    const facts = fc.record({
      headroom: fc.double({ min: 0, max: 100, noNaN: true }),
      fullHeadroom: fc.double({ min: 1, max: 10, noNaN: true }),
      measures: fc.nat(10),
      diskShare: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
    })
    fc.assert(
      fc.property(facts, fc.double({ min: 0, max: 10, noNaN: true }), (one, more) => {
        const score = getScalabilityScore(one)
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(1)
        const better = { ...one, headroom: one.headroom + more, measures: one.measures + 1 }
        expect(getScalabilityScore(better)).toBeGreaterThanOrEqual(score)
      }),
    )
  })
})

describe('data model', () => {
  test('passes one that fits together', async () => {
    expect(await judge('data-model', { DataModel: DATA_MODEL })).toMatchObject({ outcome: 'pass', score: 1 })
  })

  test.each<[string, Changes, RegExp, string]>([
    [
      'an entity without a key',
      { '/entities/0/fields/0/is_key': false },
      /entities\/0 \(Link\) has no key field/u,
      'major',
    ],
    [
      'a key that may be absent',
      { '/entities/0/fields/0/is_required': false },
      /the key code is not required/u,
      'major',
    ],
    [
      'an entity twice',
      { '/entities/1/name': 'link', '/relations': [] },
      /entities\/1\/name is link, as is that of DataModel#\/entities\/0/u,
      'major',
    ],
    [
      'a field twice',
      { '/entities/0/fields/1/name': 'code', '/entities/0/indexes': [] },
      /fields\/1\/name is code/u,
      'major',
    ],
    [
      'an enum of nothing',
      { '/entities/0/fields/2/enum_values': [] },
      /state is an enum without enum_values/u,
      'major',
    ],
    [
      'values of what is no enum',
      { '/entities/0/fields/1/enum_values': ['a'] },
      /url has enum_values, but its type is string/u,
      'major',
    ],
    [
      'an index of no field',
      { '/entities/0/indexes/0/fields/0': 'title' },
      /indexes\/0 names title, which Link does not have/u,
      'critical',
    ],
    [
      'a relation to nothing',
      { '/relations/0/to': 'Click' },
      /relations\/0\/to names Click, which is no entity/u,
      'critical',
    ],
    [
      'a requirement of nobody',
      { '/entities/0/requirements/0': 'REQ-009' },
      /entities name REQ-009, which the PRD does not have/u,
      'critical',
    ],
    [
      'requirements that keep nothing',
      { '/entities/0/requirements': [], '/entities/1/requirements': [] },
      /name 0 of the requirements, expected 0.5: none names REQ-001, REQ-002/u,
      'major',
    ],
  ])('fails %s', async (_what, changes, reason, severity) => {
    const found = await judge('data-model', { DataModel: edit(DATA_MODEL, changes) })
    expect(found).toMatchObject({ outcome: 'fail', severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('data about people that is kept for no said time costs', async () => {
    const model = edit(DATA_MODEL, { '/entities/0/retention': 'Kept with care.' })
    const found = await judge('data-model', { DataModel: model }, { settings: { min: 1 } })
    expect(found.reasons).toEqual([
      'DataModel#/entities/0/retention of data about people names no time and no event: "Kept with care.".',
    ])
  })
})

describe('openapi', () => {
  test('passes a description that lints, reaches the requirements and agrees with the data model', async () => {
    const found = await judge('openapi', { OpenAPI: OPENAPI })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [], tool: 'spectral' })
    expect(found.toolVersion).toMatch(/^\d+\.\d+\.\d+$/u)
    expect(found.metrics).toMatchObject({ operations: 2, errors: 0, warnings: 0 })
  })

  const LINK = '/components/schemas/Link/properties'

  test.each<[string, Changes, RegExp, string]>([
    [
      'what OpenAPI forbids',
      { '/components/schemas/State/type': 'word' },
      /OpenAPI#\/components\/schemas\/State.*\(oas3-schema\)/u,
      'major',
    ],
    [
      'a reference to nothing',
      { [`${LINK}/state/$ref`]: '#/components/schemas/Mood' },
      /\(invalid-ref\)/u,
      'major',
    ],
    [
      'a reference to a file',
      { [`${LINK}/state/$ref`]: 'file:///etc/passwd' },
      /state\/\$ref leads out of the document to file:\/\/\/etc\/passwd/u,
      'major',
    ],
    [
      'a reference to an address',
      { [`${LINK}/state/$ref`]: 'http://localhost:1/x.json' },
      /leads out of the document/u,
      'major',
    ],
    [
      'an operation id twice',
      { '/paths/~1{code}/get/operationId': 'shortenLink' },
      /paths\/~1\{code\}\/get has the operationId shortenLink of/u,
      'major',
    ],
    [
      'a requirement that does not exist',
      { '/paths/~1links/post/x-requirements': ['REQ-001', 'REQ-042'] },
      /x-requirements names REQ-042, which the PRD does not have/u,
      'critical',
    ],
    [
      'a requirement that nothing reaches',
      { '/paths/~1{code}/get/x-requirements': ['REQ-001'] },
      /reach 0.5 of the requirements that need an interface, expected 0.8: no operation names REQ-002/u,
      'major',
    ],
    [
      'a type that the data does not have',
      { [`${LINK}/url/type`]: 'integer' },
      /properties\/url is integer, but DataModel says string/u,
      'major',
    ],
    [
      'a value that the data does not have',
      { '/components/schemas/State/enum/-': 'gone' },
      /properties\/state allows gone, which DataModel does not have/u,
      'major',
    ],
    [
      'an entity that no schema shows',
      { '/components/schemas/Visit': undefined, '/paths/~1{code}/get/responses/default': undefined },
      /show 0.5 of the entities, expected 1: none is named Visit/u,
      'major',
    ],
  ])('fails %s', async (_what, changes, reason, severity) => {
    const found = await judge('openapi', { OpenAPI: edit(OPENAPI, changes) })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('fields that differ cost, in variants of an entity too', async () => {
    const api = edit(OPENAPI, {
      [`${LINK}/created_at`]: { type: 'string' },
      [`${LINK}/owner_email`]: undefined,
      [`${LINK}/code`]: undefined,
      '/components/schemas/NewLink/properties/colour': { type: 'string' },
    })
    const found = await judge('openapi', { OpenAPI: api }, { settings: { min: 1 } })
    expect(found.reasons).toEqual([
      'OpenAPI#/components/schemas/NewLink/properties/colour is no field of Link in DataModel (code, url, state, created_at, owner_email).',
      'OpenAPI#/components/schemas/Link/properties/created_at has the format of any text, but DataModel says datetime, which is date-time.',
      'OpenAPI#/components/schemas/Link lacks code, which Link in DataModel requires.',
    ])
  })

  test('each warning of the linter costs', async () => {
    const api = edit(OPENAPI, { '/info/description': undefined, '/servers': undefined })
    const found = await judge('openapi', { OpenAPI: api })
    expect(found.score).toBeCloseTo(0.96)
    expect(found.reasons.join('\n')).toMatch(
      /\(oas3-api-servers\)[\s\S]*\(info-description\)|\(info-description\)[\s\S]*\(oas3-api-servers\)/u,
    )
    const strict = { settings: { min: 0.97 } }
    expect((await judge('openapi', { OpenAPI: api }, strict)).outcome).toBe('fail')
    const deaf = {
      settings: { min: 0.97, ignored_rules: ['info-description', 'oas3-api-servers', 'info-contact'] },
    }
    expect(await judge('openapi', { OpenAPI: api }, deaf)).toMatchObject({ outcome: 'pass', score: 1 })
  })

  test('a requirement that no interface carries need not be reached', async () => {
    const inner = edit(ARCHITECTURE, { '/components/0/requirements': ['REQ-001'] })
    const api = edit(OPENAPI, { '/paths/~1{code}/get/x-requirements': ['REQ-001'] })
    expect((await judge('openapi', { OpenAPI: api }, { others: { ArchitectureDoc: inner } })).outcome).toBe(
      'pass',
    )
  })
})
