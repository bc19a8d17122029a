import { addEffect } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectRun } from '../patch.ts'
import { findNewest } from '../phase/inputs.ts'
import { startReadyPhases } from '../phase/start-phase.ts'

/** Lets a phase's code in, unless a phase beside it has gone on from there: then that one brings it along. */
const acceptCode = (draft: Draft, name: string): void => {
  const { commit, outputs } = expectPhase(draft.state, name)
  if (commit === null || commit === expectRun(draft.state).acceptedCommit) return
  const code = Object.keys(outputs).find((artifact) => outputs[artifact]?.commit === commit)
  if (code !== undefined && findNewest(draft.state, code)?.phase === name)
    addEvent(draft, 'code.accepted', { phase: name, commit })
}

/** Ends a phase as passed and starts what waited for it. */
export const passPhase = (draft: Draft, name: string): void => {
  acceptCode(draft, name)
  addEvent(draft, 'phase.completed', { phase: name, status: 'success' })
  startReadyPhases(draft)
  const { closing, id: runId } = expectRun(draft.state)
  if (!closing) addEffect(draft, { kind: 'sign-head', ref: { runId } })
}
