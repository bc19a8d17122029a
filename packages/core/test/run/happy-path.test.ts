import { expect, test } from 'vitest'
import { sha256 } from '../../src/canonical.ts'
import { foldRun } from '../../src/run/evolve.ts'
import { dataOf, given, onRun, output, types } from './given.ts'

test('a run goes from its idea through every gate to a dossier and gives back what it did not spend', () => {
  const run = given()
  const started = run.start()
  expect(types(started)).toEqual([
    'run.planned',
    'artifact.created',
    'run.started',
    'phase.started',
    'phase.clock_set',
    'task.created',
  ])
  expect(run.workspace.grantedMicros).toBe(1_000_000)
  run.complete('writer')
  run.complete('cutter')
  expect(run.phase('prd').status).toBe('gating')
  const passed = run.judge(0.9)
  expect(types(passed)).toEqual([
    'guard.reported',
    'task.completed',
    'evidence.packed',
    'phase.gate.passed',
    'phase.completed',
    'phase.started',
    'phase.clock_set',
    'task.created',
  ])
  const commit = 'a'.repeat(40)
  const built = run.complete('coder', { outputs: [output('RepoManifest'), output('SourceCode')], commit })
  expect(dataOf(built, 'code.accepted').commit).toBe(commit)
  expect(types(built).slice(-4)).toEqual([
    'phase.gate.passed',
    'code.accepted',
    'phase.completed',
    'run.closing',
  ])
  expect(built.effects.map(({ kind }) => kind)).toEqual(['build-dossier'])
  run.accepted({
    type: 'RecordDossier',
    ...onRun,
    digest: sha256('dossier'),
    verdict: 'verified',
    keyId: 'k',
    artifacts: 5,
  })
  expect(run.run).toMatchObject({
    status: 'succeeded',
    verdict: 'verified',
    acceptedCommit: commit,
    closing: false,
  })
  expect(run.run.closed).toBe(true)
  expect(run.workspace).toMatchObject({ grantedMicros: 0, spentMicros: 0 })
  expect(foldRun(run.history, run.state.plan)).toEqual(run.state)
})
