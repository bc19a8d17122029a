import type { EditPreview } from '@ropewalk/core/contract/api/edits'
import type { EditRequest } from '@ropewalk/core/contract/run-request'
import type { Principal } from '@ropewalk/core/decision'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, type RunId, type WorkspaceId } from '@ropewalk/core/ids'
import type { RunCommandOf } from '@ropewalk/core/run/commands'
import { decide } from '@ropewalk/core/run/decide'
import type { RunEvent } from '@ropewalk/core/run/events'
import { makeEmptyRunState, type Phase, type PhaseOutput, type RunState } from '@ropewalk/core/run/state'
import type { Answer, Engine, RunView, SubmitOptions } from '../contract.ts'
import { diffDocuments } from '../views/document-diff.ts'
import { keepDocument, parseDocument } from './keep-document.ts'
import { makeId } from './make-id.ts'

type OfEdit = {
  readonly workspaceId: WorkspaceId
  readonly runId: RunId
  readonly request: EditRequest
}

/** The phase that made the newest version of a name. Throws NOT_FOUND where none did. */
const findOwner = (view: RunView, name: string): { readonly owner: Phase; readonly output: PhaseOutput } => {
  const found = view.phases.flatMap((owner) => {
    const output = owner.outputs[name]
    return output === undefined ? [] : [{ owner, output }]
  })
  const [newest] = found.toSorted((a, b) => b.output.version - a.output.version)
  if (newest !== undefined) return newest
  const names = view.phases.flatMap((phase) => Object.keys(phase.outputs))
  throw new RopewalkError(
    'NOT_FOUND',
    `The run has no artifact ${name}; it has ${names.join(', ') || 'none yet'}.`,
  )
}

/**
 * Puts a person's version of a document in place; gates that relied on the old one re-open.
 * Throws NOT_FOUND when the run never made it, INVALID_ARGUMENT where it breaks its contract.
 */
export const editArtifact = async (
  engine: Engine,
  { workspaceId, runId, request }: OfEdit,
  options: SubmitOptions,
): Promise<Answer> => {
  const { owner } = findOwner(await engine.readRun(workspaceId, runId), request.name)
  const output = await keepDocument(engine, workspaceId, request.name, request.content)
  return engine.submit({ type: 'EditArtifact', workspaceId, runId, phase: owner.phase, output }, options)
}

/** As much of a run as an edit looks at. Open tasks are left out: ending them re-opens nothing. */
const makeState = ({ run, plan, phases, openQuestions }: RunView): RunState => ({
  ...makeEmptyRunState(plan),
  run,
  phases: new Map(phases.map((phase) => [phase.phase, phase])),
  questions: new Map(openQuestions.map((question) => [question.id, question])),
})

/** Phases that are put back. The owner of the document is judged again with those who read it; others begin anew. */
const listReopened = (view: RunView, owner: string, events: readonly RunEvent[]): EditPreview['reopens'] => {
  const reopened = new Map<string, readonly string[]>()
  for (const { type, data } of events)
    if (type === 'phase.reopened') reopened.set(data.phase, (data.stages ?? []).flat())
  return view.phases
    .filter(({ phase }) => reopened.has(phase))
    .map(({ phase, status }) => {
      const agents = [...(reopened.get(phase) ?? [])]
      const work = agents.length > 0 ? 'some' : phase === owner ? 'gate' : 'all'
      return { phase, status, work, agents }
    })
}

const PREVIEW_LINES = 200

/**
 * What an edit would bring about, by the very decision that it would be: nothing is written. Throws what the edit
 * itself would.
 */
export const previewEdit = async (
  engine: Engine,
  { workspaceId, runId, request }: OfEdit,
  by: Principal,
): Promise<EditPreview> => {
  const { name } = request
  const content = parseDocument(name, request.content)
  const view = await engine.readRun(workspaceId, runId)
  const { owner, output } = findOwner(view, name)
  const command: RunCommandOf<'EditArtifact'> = {
    type: 'EditArtifact',
    workspaceId,
    runId,
    phase: owner.phase,
    output: {
      ...{ name, digest: output.digest, mediaType: 'application/json', bytes: 0, commit: null },
      id: ArtifactId.parse(makeId()),
      simulated: false,
    },
  }
  const stamp = { at: new Date().toISOString(), seed: makeId(), by }
  const decision = decide(makeState(view), undefined, command, stamp)
  if (decision.type === 'refused')
    throw new RopewalkError(decision.code, decision.message, { details: decision.details })
  const before: unknown = JSON.parse((await engine.blobs.read(workspaceId, output.digest)).toString('utf8'))
  return {
    name,
    phase: owner.phase,
    version: output.version,
    diff: diffDocuments(name, { before, after: content }, PREVIEW_LINES),
    reopens: listReopened(view, owner.phase, decision.events),
  }
}
