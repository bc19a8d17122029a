import { describe, expect, test } from 'vitest'
import { PRD } from '../support.ts'
import { edit } from './edit.ts'
import { OPENAPI, PRIVACY, SECURITY, THREATS } from './given-architecture.ts'
import { judge } from './judge.ts'

type Changes = Readonly<Record<string, unknown>>

describe('security controls', () => {
  test('pass different controls for every part that listens or keeps', async () => {
    expect(await judge('security-controls', { SecurityArchitecture: SECURITY })).toMatchObject({
      outcome: 'pass',
      score: 1,
    })
  })

  test.each<[string, Changes, RegExp, string]>([
    ['four', { '/controls/4': undefined }, /names 4 different controls, expected at least 5/u, 'major'],
    [
      'one said twice',
      { '/controls/4': { ...SECURITY.controls[1], id: 'CTL-005' } },
      /names 4 different controls[\s\S]*controls\/4 says the same as SecurityArchitecture#\/controls\/1/u,
      'major',
    ],
    [
      'all of few kinds',
      { '/controls/0/category': 'logging', '/controls/1/category': 'logging' },
      /has 3 categories/u,
      'major',
    ],
    [
      'a part that is not there',
      { '/controls/0/components/0': 'COMP-042' },
      /controls\/0\/components names COMP-042, which is no component/u,
      'critical',
    ],
    [
      'people nobody thought of',
      { '/data_classes/0/entities/0': 'Visit' },
      /Link holds data about people, but no class/u,
      'major',
    ],
  ])('fail %s', async (_what, changes, reason, severity) => {
    const found = await judge('security-controls', { SecurityArchitecture: edit(SECURITY, changes) })
    expect(found).toMatchObject({ outcome: 'fail', severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('an unprotected part and a verification that verifies nothing cost', async () => {
    const security = edit(SECURITY, {
      '/controls/3/components': [],
      '/controls/3/verification': SECURITY.controls[3]?.description,
    })
    const found = await judge(
      'security-controls',
      { SecurityArchitecture: security },
      { settings: { min: 1 } },
    )
    expect(found.reasons).toEqual([
      'SecurityArchitecture#/controls/3/verification only repeats the description.',
      'No control of SecurityArchitecture protects COMP-003 (Link store).',
    ])
  })

  test.each<[string, Changes, RegExp, string]>([
    [
      'a bare one',
      { '/threats/0/controls': [], '/threats/0/residual_risk': 'high' },
      /threats\/0 has likelihood times impact 12 and no control/u,
      'major',
    ],
    [
      'a bare one said to be harmless',
      { '/threats/0/controls': [] },
      /threats\/0\/residual_risk is low, though nothing stands against a threat of 12/u,
      'critical',
    ],
    [
      'a control that is not there',
      { '/threats/1/controls/0': 'CTL-042' },
      /threats\/1\/controls names CTL-042/u,
      'critical',
    ],
    [
      'a critical rest',
      { '/threats/2/residual_risk': 'critical' },
      /threats\/2\/residual_risk is critical/u,
      'major',
    ],
    ['too few', { '/threats/2': undefined }, /names 2 different threats, expected at least 3/u, 'major'],
  ])('threats: fail %s', async (_what, changes, reason, severity) => {
    expect((await judge('security-controls', { ThreatModel: THREATS })).outcome).toBe('pass')
    const found = await judge('security-controls', { ThreatModel: edit(THREATS, changes) })
    expect(found).toMatchObject({ outcome: 'fail', severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test.each<[string, Changes, RegExp, string]>([
    [
      'a denial',
      { '/handles_personal_data': false },
      /handles_personal_data is false, but DataModel marks 1 fields/u,
      'critical',
    ],
    ['a field left out', { '/data': [] }, /lacks Link.owner_email/u, 'major'],
    [
      'a field made up',
      { '/data/0/field': 'shoe_size' },
      /data\/0 names Link.shoe_size, which DataModel does not have/u,
      'critical',
    ],
    [
      'a critical finding',
      {
        '/findings': [
          { title: 'Sold on', severity: 'critical', text: 'x', recommendation: 'y', cites: ['Idea#/text'] },
        ],
      },
      /findings\/0 is critical: Sold on/u,
      'major',
    ],
  ])('privacy: fails %s', async (_what, changes, reason, severity) => {
    expect((await judge('security-controls', { PrivacyReview: PRIVACY })).outcome).toBe('pass')
    const found = await judge('security-controls', { PrivacyReview: edit(PRIVACY, changes) })
    expect(found).toMatchObject({ outcome: 'fail', severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })
})

describe('cross references', () => {
  test('pass where every name leads somewhere', async () => {
    const found = await judge('cross-references', {
      ThreatModel: THREATS,
      SecurityArchitecture: SECURITY,
      PRD,
      OpenAPI: OPENAPI,
    })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test.each<[string, Changes, RegExp]>([
    [
      'a part',
      { '/threats/0/component': 'COMP-077' },
      /ThreatModel#\/threats\/0\/component names COMP-077, which ArchitectureDoc does not have/u,
    ],
    [
      'an id in a sentence',
      { '/threats/0/description': 'Breaks REQ-001 and REQ-099.' },
      /description names REQ-099, which PRD does not have/u,
    ],
    [
      'an id of a document that is not there',
      { '/summary': 'See UC-001 and RISK-001.' },
      /ThreatModel#\/summary names RISK-001, but the run has no RiskRegister/u,
    ],
    [
      'a citation',
      { '/threats/0/cites/-': 'PRD#/requirements/9' },
      /threats\/0\/cites\/1 cites PRD#\/requirements\/9, which does not exist/u,
    ],
  ])('fail for %s', async (_what, changes, reason) => {
    const found = await judge(
      'cross-references',
      { ThreatModel: edit(THREATS, changes) },
      { others: { RiskRegister: undefined } },
    )
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
    expect(found.reasons).toHaveLength(1)
    expect(found.reasons[0]).toMatch(reason)
  })

  test('names that one document takes from another are looked up, kinds can be left alone', async () => {
    const security = edit(SECURITY, { '/data_classes/0/entities/0': 'Person', '/summary': 'After ADR-099.' })
    const found = await judge('cross-references', { SecurityArchitecture: security })
    expect(found.reasons).toEqual([
      'SecurityArchitecture#/summary names ADR-099, which ArchitectureDoc does not have.',
      'SecurityArchitecture#/data_classes/0/entities/0 names "Person", which DataModel does not have.',
    ])
    const settings = { ignored: ['ADR'] }
    expect(
      (await judge('cross-references', { SecurityArchitecture: security }, { settings })).reasons,
    ).toHaveLength(1)
  })

  test('an id given twice fails without being a lie', async () => {
    const found = await judge('cross-references', {
      ThreatModel: edit(THREATS, { '/threats/1/id': 'THR-001' }),
    })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'major' })
    expect(found.reasons).toEqual([
      'ThreatModel#/threats/0/id and ThreatModel#/threats/1/id carry the same id THR-001.',
    ])
  })

  test('an id that the idea brought along may be quoted, not referred to', async () => {
    const others = { Idea: { text: 'As RISK-044 and COMP-044 of our list say: short links.' } }
    const quoting = edit(THREATS, { '/summary': 'Against what RISK-044 names.' })
    expect((await judge('cross-references', { ThreatModel: quoting }, { others })).outcome).toBe('pass')
    const referring = edit(quoting, { '/threats/0/component': 'COMP-044' })
    expect((await judge('cross-references', { ThreatModel: referring }, { others })).reasons).toHaveLength(1)
  })

  test('not run where nothing is a document', async () => {
    expect((await judge('cross-references', { SourceCode: 'bundle' })).outcome).toBe('not-run')
  })
})
