import { describe, expect, test } from 'vitest'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { IDEA, makeCheckout, MANIFEST, PRD, REPOSITORY, runGuard, STORIES } from '../support.ts'
import { edit } from './edit.ts'
import {
  BUSINESS_METRICS,
  CHANGELOG,
  DASHBOARDS,
  DEPLOYMENT,
  DESIGN_SYSTEM,
  DOCUMENTATION,
  FEEDBACK,
  HALF,
  HALF_WAY,
  IMPLEMENTED,
  MOTION,
  NOTES,
  OTHER_COMMIT,
  PROGRESS,
  RESULTS,
  ROLLBACK,
  STYLE_GUIDE,
} from './given-release.ts'

type Changes = Readonly<Record<string, unknown>>

test('the sample documents satisfy their contracts', () => {
  const documents = {
    AcceptanceTestResults: RESULTS,
    StoryProgress: PROGRESS,
    ImplementedStories: IMPLEMENTED,
    StyleGuide: STYLE_GUIDE,
    DesignSystem: DESIGN_SYSTEM,
    MotionSpec: MOTION,
    ReleaseNotes: NOTES,
    Changelog: CHANGELOG,
    DeploymentPlan: DEPLOYMENT,
    RollbackPlan: ROLLBACK,
    Documentation: DOCUMENTATION,
    MonitoringDashboard: DASHBOARDS,
    BusinessMetrics: BUSINESS_METRICS,
    FeedbackPlan: FEEDBACK,
  }
  for (const [name, document] of Object.entries(documents))
    expect(findDocumentContract(name)?.safeParse(document).error?.issues ?? []).toEqual([])
})

describe('stories', () => {
  const judge = (
    judged: Readonly<Record<string, unknown>>,
    others: Readonly<Record<string, unknown>> = {},
    settings = {},
  ) =>
    runGuard('stories', {
      judged,
      others: {
        UserStories: STORIES,
        AcceptanceTestResults: RESULTS,
        StoryProgress: PROGRESS,
        ImplementedStories: IMPLEMENTED,
        ...others,
      },
      dir: makeCheckout({}),
      settings,
    })

  test('pass where every story is proven at the judged commit', async () => {
    const found = await judge({ StoryProgress: PROGRESS, AcceptanceTestResults: RESULTS })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.metrics).toMatchObject({ stories: 2, done: 2, completion: 1, pass_rate: 1 })
  })

  test.each<[string, Changes, RegExp]>([
    [
      'of another revision',
      { '/revision': OTHER_COMMIT },
      new RegExp(`AcceptanceTestResults#/revision is ${OTHER_COMMIT}, but a{40} is judged`, 'u'),
    ],
    ['that counts what is not there', { '/passed': 12 }, /passed says 12, but the results count 2/u],
    [
      'with a flattered rate',
      { '/results/1/outcome': 'fail', '/passed': 1, '/failed': 1 },
      /pass_rate says 1, but the results give 0.5/u,
    ],
    [
      'of a story that is not there',
      { '/results/0/stories/-': 'US-042' },
      /names US-042, which UserStories does not have/u,
    ],
  ])('results %s are critical', async (_what, changes, reason) => {
    const found = await judge({ AcceptanceTestResults: edit(RESULTS, changes), StoryProgress: PROGRESS })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test.each<[string, Changes, RegExp]>([
    ['of another revision', { '/revision': OTHER_COMMIT }, /StoryProgress#\/revision is b{40}/u],
    ['that leaves a story out', { '/done/1': undefined }, /lists US-002 0 times among done and remaining/u],
    ['that makes one up', { '/done/-': 'US-042' }, /lists US-042, which UserStories does not have/u],
    [
      'that is done and not done',
      { '/remaining': [{ id: 'US-001', reason: 'x' }], '/next': 'US-001' },
      /lists US-001 2 times/u,
    ],
    ['that goes on with nothing left', { '/next': 'US-001' }, /next is US-001, expected null/u],
  ])('progress %s is critical', async (_what, changes, reason) => {
    const found = await judge({ StoryProgress: edit(PROGRESS, changes), AcceptanceTestResults: RESULTS })
    expect(found).toMatchObject({ outcome: 'fail', severity: 'critical' })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a story said to be done although its test failed, or has none, is a lie', async () => {
    const failed = await judge({ StoryProgress: PROGRESS, AcceptanceTestResults: HALF })
    expect(failed.reasons.join('\n')).toMatch(
      /done lists US-002, but not all acceptance tests that name it passed[\s\S]*ImplementedStories#\/stories\/1 says US-002 is done/u,
    )
    const untested = edit(RESULTS, { '/results/1/stories': [] })
    const none = await judge({ StoryProgress: PROGRESS, AcceptanceTestResults: untested })
    expect(none.reasons.join('\n')).toMatch(/done lists US-002, but no acceptance test names it/u)
    const renamed = edit(IMPLEMENTED, { '/stories/0/tests/0/name': 'US-001 never ran' })
    const claimed = await judge({ StoryProgress: PROGRESS }, { ImplementedStories: renamed })
    expect(claimed.reasons).toEqual([
      'ImplementedStories#/stories/0 rests on the test "US-001 never ran", of which AcceptanceTestResults knows nothing.',
    ])
  })

  test('honest half work fails without being critical, and says what is left', async () => {
    const honest = { ImplementedStories: edit(IMPLEMENTED, { '/stories/1/status': 'failing' }) }
    const found = await judge({ StoryProgress: HALF_WAY, AcceptanceTestResults: HALF }, honest)
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'major' })
    expect(found.reasons).toEqual([
      'StoryProgress#/done proves 1 of 2 stories, expected at least 2 and 0.9 of them; left: US-002 (its test fails).',
      'AcceptanceTestResults#/results pass at 0.5, expected 0.9; failed: "US-002 REQ-002 answers": expected 201, was 500.',
    ])
    const lenient = { min_stories_completed: 1, min_completion: 0.5 }
    const alone = await judge(
      { StoryProgress: HALF_WAY },
      { ...honest, AcceptanceTestResults: HALF },
      lenient,
    )
    expect(alone).toMatchObject({ outcome: 'pass', score: 0.5 })
  })

  test('a skipped test accepts nothing, a document that was not made is not run, an absent one an error', async () => {
    const skipped = edit(RESULTS, { '/results/1/outcome': 'skipped', '/passed': 1, '/skipped': 1 })
    const honest = {
      ImplementedStories: edit(IMPLEMENTED, { '/stories/1/status': 'untested' }),
      StoryProgress: HALF_WAY,
    }
    expect((await judge({ AcceptanceTestResults: skipped }, honest)).reasons.join()).toMatch(
      /pass at 0.5, expected 0.9/u,
    )
    const unmade = edit(RESULTS, { '/outcome': 'not-run', '/reason': 'There is no sandbox.' })
    expect(await judge({ AcceptanceTestResults: unmade })).toMatchObject({
      outcome: 'not-run',
      reasons: ['There is no sandbox.'],
    })
    const bare = await runGuard('stories', {
      judged: { StoryProgress: PROGRESS, AcceptanceTestResults: RESULTS, UserStories: STORIES },
    })
    expect(bare).toMatchObject({
      outcome: 'error',
      reasons: ['This check needs the artifact SourceCode, and the run has none.'],
    })
  })
})

describe('release completeness', () => {
  const SET = {
    ReleaseNotes: NOTES,
    Changelog: CHANGELOG,
    DeploymentPlan: DEPLOYMENT,
    RollbackPlan: ROLLBACK,
    Documentation: DOCUMENTATION,
  }
  const judge = (
    changed: Readonly<Record<string, unknown>> = {},
    files: Readonly<Record<string, string>> = {},
    settings = {},
  ) => {
    const judged = Object.entries({ ...SET, ...changed }).filter(([, document]) => document !== undefined)
    return runGuard('release-completeness', {
      judged: Object.fromEntries(judged),
      others: { PRD, Idea: IDEA, RepoManifest: MANIFEST },
      dir: makeCheckout({ ...REPOSITORY, ...files }),
      settings,
    })
  }

  test('passes documents that agree and order what the repository can do', async () => {
    expect(await judge()).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test.each<[string, Readonly<Record<string, unknown>>, RegExp, string]>([
    ['a missing document', { RollbackPlan: undefined }, /The release lacks RollbackPlan/u, 'major'],
    [
      'a changelog of another version',
      { Changelog: edit(CHANGELOG, { '/releases/0/version': '0.9.0' }) },
      /Changelog#\/releases\/0\/version is 0.9.0, but ReleaseNotes#\/version is 1.0.0/u,
      'critical',
    ],
    [
      'a plan of another version',
      { DeploymentPlan: edit(DEPLOYMENT, { '/version': '1.0.1' }) },
      /DeploymentPlan#\/version is 1.0.1/u,
      'critical',
    ],
    [
      'a way back from another version',
      { RollbackPlan: edit(ROLLBACK, { '/version': '1.0.1' }) },
      /RollbackPlan#\/version is 1.0.1/u,
      'critical',
    ],
    [
      'notes of another version than the package',
      { ReleaseNotes: edit(NOTES, { '/version': '2.0.0' }) },
      /package.json#\/version is 1.0.0, but ReleaseNotes#\/version is 2.0.0/u,
      'critical',
    ],
    [
      'a script that is not there',
      { DeploymentPlan: edit(DEPLOYMENT, { '/steps/0/command': ['npm', 'run', 'deploy'] }) },
      /DeploymentPlan#\/steps\/0\/command runs the script deploy, which package.json does not have/u,
      'critical',
    ],
    [
      'a file that is not there',
      {
        RollbackPlan: edit(ROLLBACK, {
          '/steps/1/command': ['node', '--enable-source-maps', 'scripts/back.js'],
        }),
      },
      /RollbackPlan#\/steps\/1\/command runs scripts\/back.js, which the repository does not have/u,
      'critical',
    ],
    [
      'a program that is not there',
      { RollbackPlan: edit(ROLLBACK, { '/steps/1/command': ['./back.sh'] }) },
      /calls .\/back.sh, which the repository does not have/u,
      'critical',
    ],
    [
      'a program of nobody',
      { RollbackPlan: edit(ROLLBACK, { '/steps/1/command': ['kubectl', 'rollout', 'undo'] }) },
      /calls kubectl, which is neither a command of RepoManifest nor an allowed program/u,
      'critical',
    ],
    [
      'one trigger',
      { RollbackPlan: edit(ROLLBACK, { '/triggers/1': undefined }) },
      /triggers has 1, expected at least 2/u,
      'major',
    ],
    [
      'one step back',
      { RollbackPlan: edit(ROLLBACK, { '/steps/0': undefined }) },
      /steps has 1, expected at least 2/u,
      'major',
    ],
    [
      'a day to go back',
      { RollbackPlan: edit(ROLLBACK, { '/max_minutes': 1440 }) },
      /max_minutes is 1440, expected at most 60/u,
      'major',
    ],
    [
      'a release listed twice',
      { Changelog: edit(CHANGELOG, { '/releases/-': CHANGELOG.releases[0] }) },
      /releases\/1\/version is 1.0.0, as is that of \/releases\/0/u,
      'major',
    ],
    [
      'a requirement nobody documented',
      { Documentation: edit(DOCUMENTATION, { '/sections/0/requirements/1': undefined }) },
      /document 0.5 of the requirements that must be met, expected 0.9: none names REQ-002/u,
      'major',
    ],
  ])('fails %s', async (_what, changed, reason, severity) => {
    const found = await judge(changed)
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('what only makes a plan worse costs', async () => {
    const found = await judge(
      {
        RollbackPlan: edit(ROLLBACK, {
          '/triggers/0/threshold': 'When it feels slow.',
          '/steps/1/command': null,
        }),
        DeploymentPlan: edit(DEPLOYMENT, {
          '/canary/steps/1/share': 0.05,
          '/steps/1/command': null,
          '/configuration': [],
        }),
        Documentation: edit(DOCUMENTATION, { '/sections/0/kind': 'reference', '/sections/0/examples': [] }),
      },
      {},
      { min: 1 },
    )
    expect(found.reasons).toEqual([
      'RollbackPlan#/triggers/0/threshold names no figure: "When it feels slow.".',
      'RollbackPlan#/steps name no command, so nobody can rehearse them.',
      'DeploymentPlan#/canary/steps do not rise: 0.1, 0.05.',
      'DeploymentPlan#/steps never start the service by the command of RepoManifest (node src/links.js).',
      'DeploymentPlan#/configuration does not name PORT, which the service reads its port from.',
      'Documentation#/sections has none of kind getting-started.',
      'Documentation#/sections show no example.',
    ])
  })

  test('a program of the repository and one that the playbook allows may be called', async () => {
    const plan = edit(ROLLBACK, {
      '/steps/0/command': ['./back.sh', 'now'],
      '/steps/1/command': ['kubectl', 'get', 'pods'],
    })
    const found = await judge(
      { RollbackPlan: plan },
      { 'back.sh': 'exit 0' },
      { allowed_programs: ['kubectl', 'npm', 'curl'] },
    )
    expect(found.outcome).toBe('pass')
  })
})

describe('monitoring', () => {
  const FILES = { 'src/links.js': 'export const counters = { links_total: 0 }' }
  const judge = (board: unknown, settings = {}, others = {}) =>
    runGuard('monitoring', {
      judged: { MonitoringDashboard: board },
      others: {
        RepoManifest: MANIFEST,
        BusinessMetrics: BUSINESS_METRICS,
        DeploymentPlan: DEPLOYMENT,
        ...others,
      },
      dir: makeCheckout(FILES),
      settings,
    })

  test('passes boards of metrics that the code or a plan names', async () => {
    const found = await judge(DASHBOARDS)
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.metrics).toMatchObject({ dashboards: 4, panels: 5 })
  })

  const PANEL = '/dashboards/0/panels/0'

  test.each<[string, Changes, RegExp, string]>([
    ['three boards', { '/dashboards/3': undefined }, /has 3 different ones, expected at least 4/u, 'major'],
    [
      'a board copied',
      { '/dashboards/3/panels': DASHBOARDS.dashboards[2]?.panels },
      /has 3 different ones/u,
      'major',
    ],
    [
      'a metric of nobody',
      { [`${PANEL}/metric`]: 'moon_phase', [`${PANEL}/expression`]: 'moon_phase' },
      /panels\/0\/metric moon_phase is named neither by the code nor by NFRs/u,
      'major',
    ],
    [
      'a metric said to be there',
      { [`${PANEL}/is_available_now`]: true },
      /panels\/0\/is_available_now is true, but neither the code nor a measured report names http_error_rate/u,
      'critical',
    ],
  ])('fails %s', async (_what, changes, reason, severity) => {
    const found = await judge(edit(DASHBOARDS, changes))
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a metric that the code or a report names may be said to be there', async () => {
    expect((await judge(edit(DASHBOARDS, { '/dashboards/0/panels/1/is_available_now': true }))).outcome).toBe(
      'pass',
    )
    const report = { metrics: [{ name: 'error rate', value: 0 }] }
    const found = await judge(
      edit(DASHBOARDS, { [`${PANEL}/is_available_now`]: true }),
      {},
      { BetaMetrics: report },
    )
    expect(found.outcome).toBe('pass')
  })

  test('a metric may hold signs that mean something in a pattern', async () => {
    const odd = 'links-kept(all)*/s'
    const board = edit(DASHBOARDS, { [`${PANEL}/metric`]: odd, [`${PANEL}/expression`]: `sum(${odd})` })
    const found = await judge(board, {}, { NFRs: { summary: `We watch ${odd} closely.` } })
    expect(found.outcome).toBe('pass')
  })

  test('an expression of something else and an alert that nobody sees cost', async () => {
    const board = edit(DASHBOARDS, { [`${PANEL}/expression`]: 'sum(up)', '/alerts/0/expression': 'up == 0' })
    expect((await judge(board, { min: 1 })).reasons).toEqual([
      'MonitoringDashboard#/dashboards/0/panels/0/expression does not hold its metric http_error_rate.',
      'MonitoringDashboard#/alerts/0/expression holds no metric of a panel, so nobody sees what it tells of.',
    ])
  })
})

describe('feedback', () => {
  const judge = (plan: unknown, settings = {}) =>
    runGuard('feedback', { judged: { FeedbackPlan: plan }, settings })

  test('passes a plan that stays a plan', async () => {
    expect(await judge(FEEDBACK)).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test.each<[string, Changes, RegExp, string]>([
    [
      'one channel',
      { '/channels/1/name': 'form' },
      /channels plans 1 different ones, expected at least 2/u,
      'major',
    ],
    [
      'nineteen testers',
      { '/planned_testers': 19 },
      /planned_testers plans 19, expected at least 20/u,
      'major',
    ],
    [
      'events counted twice',
      { '/planned_events/1/name': 'link.opened' },
      /planned_events plans 19 different ones, expected at least 20/u,
      'major',
    ],
    [
      'two questions',
      { '/questions/2': undefined },
      /questions plans 2 different ones, expected at least 3/u,
      'major',
    ],
    [
      'a result before there is one',
      { '/summary': 'We plan a beta. 24 testers reported that they loved it.' },
      /FeedbackPlan#\/summary tells of a result before there is one: "24 testers reported that they loved it."/u,
      'critical',
    ],
    [
      'a survey nobody made',
      { '/recruiting': 'We surveyed ten clubs.' },
      /recruiting tells of a result/u,
      'critical',
    ],
  ])('fails %s', async (_what, changes, reason, severity) => {
    const found = await judge(edit(FEEDBACK, changes))
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('channels of one kind and events of one meaning cost', async () => {
    const plan = edit(FEEDBACK, {
      '/channels/1/kind': 'form',
      '/planned_events/1': { ...FEEDBACK.planned_events[0], name: 'link.opened_link' },
    })
    const found = await judge(plan, { min: 1 })
    expect(found.reasons).toEqual([
      'FeedbackPlan#/channels are all of one kind; plan one that reaches other people.',
      'FeedbackPlan#/planned_events/1/when says the same as FeedbackPlan#/planned_events/0/when.',
    ])
  })
})
