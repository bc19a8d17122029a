import type { Artifact, Maker, Output } from '../../contract/artifact.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectRun } from '../patch.ts'
import { getNextVersion } from '../phase/inputs.ts'

/** An artifact's making, as its lineage tells it. */
export type Making = {
  readonly phase: string
  readonly maker: Maker
  readonly taskId: Artifact['lineage']['taskId']
  readonly attempt: number
  readonly inputArtifactIds: Artifact['lineage']['inputArtifactIds']
  readonly tokens: number
  readonly minutes: number
}

/** Records an output as the next version of its name. */
export const createArtifact = (draft: Draft, output: Output, { phase, ...lineage }: Making): void => {
  const artifact: Artifact = {
    ...output,
    runId: expectRun(draft.state).id,
    phase,
    version: getNextVersion(draft.state, output.name),
    lineage: { ...lineage, createdAt: draft.stamp.at },
  }
  addEvent(draft, 'artifact.created', { artifact })
}

/** The lineage of what no task made. */
export const byHand = (phase: string, maker: Maker): Making => ({
  phase,
  maker,
  taskId: null,
  attempt: 0,
  inputArtifactIds: [],
  tokens: 0,
  minutes: 0,
})
