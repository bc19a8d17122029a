import type { Phase } from '../state.ts'
import { NO_USAGE } from '../../contract/budget.ts'
import type { RunId } from '../../ids.ts'
import type { Evolvers } from '../evolver.ts'
import { patchRun } from '../patch.ts'

const makePhase = (runId: RunId, phase: string): Phase => ({
  runId,
  phase,
  status: 'pending',
  round: 1,
  stages: [],
  stage: 0,
  stageOpen: 0,
  openQuestions: 0,
  fixes: [],
  outputs: {},
  reports: [],
  usage: NO_USAGE,
  reservedTokens: 0,
  agentsExecuted: 0,
  agentsSucceeded: 0,
  agentsFailed: 0,
  questionIds: [],
  assumptions: 0,
  score: null,
  packId: null,
  strategy: null,
  deadlineAt: null,
  timeLeftMs: null,
  clockVersion: 0,
  commit: null,
  iteration: 0,
  again: false,
  iterationCommit: null,
  approvalId: null,
  waivers: [],
  openings: 0,
  lastTaskAt: null,
  startedAt: null,
  completedAt: null,
})

/** The life of the run itself: planned, started, standing still, ended, closed. */
export const planEvolvers: Evolvers<
  | 'run.planned'
  | 'run.started'
  | 'run.paused'
  | 'run.resumed'
  | 'run.awaiting_human'
  | 'run.human_done'
  | 'run.closing'
  | 'run.succeeded'
  | 'run.failed'
  | 'run.cancelled'
  | 'run.closed'
> = {
  'run.planned': (state, data, at) => ({
    ...state,
    run: {
      id: data.runId,
      workspaceId: data.workspaceId,
      title: data.title,
      status: 'planned',
      pauseReason: null,
      mode: data.mode,
      planHash: data.planHash,
      playbookHash: data.playbookHash,
      forkOf: data.forkOf,
      capMicros: data.capMicros,
      reservedMicros: 0,
      spentMicros: 0,
      tokensUsed: 0,
      openQuestions: 0,
      acceptedCommit: null,
      simulated: false,
      closing: false,
      closed: false,
      failureCode: null,
      failureMessage: null,
      verdict: null,
      dossierDigest: null,
      createdAt: at,
      startedAt: null,
      endedAt: null,
    },
    phases: new Map(data.phases.map((name) => [name, makePhase(data.runId, name)])),
  }),
  'run.started': (state, _data, at) => patchRun(state, { status: 'running', startedAt: at }),
  'run.paused': (state, data) => patchRun(state, { status: 'paused', pauseReason: data.reason }),
  'run.resumed': (state) =>
    patchRun(state, {
      status: 'running',
      pauseReason: null,
      failureCode: null,
      failureMessage: null,
      endedAt: null,
      // What a failure left behind is not what the run will end with.
      verdict: null,
      dossierDigest: null,
    }),
  'run.awaiting_human': (state) => patchRun(state, { status: 'awaiting_human' }),
  'run.human_done': (state) => patchRun(state, { status: 'running' }),
  'run.closing': (state) => patchRun(state, { closing: true }),
  'run.succeeded': (state, data, at) =>
    patchRun(state, {
      status: 'succeeded',
      pauseReason: null,
      verdict: data.verdict,
      closing: false,
      endedAt: at,
    }),
  'run.failed': (state, data, at) =>
    patchRun(state, {
      status: 'failed',
      pauseReason: null,
      closing: false,
      failureCode: data.code,
      failureMessage: data.message,
      endedAt: at,
    }),
  'run.cancelled': (state, _data, at) =>
    patchRun(state, { status: 'cancelled', pauseReason: null, closing: false, endedAt: at }),
  'run.closed': (state) => patchRun(state, { closed: true }),
}
