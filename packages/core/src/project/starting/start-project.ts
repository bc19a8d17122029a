import { type Refused, refuse } from '../../decision.ts'
import type { ItemId } from '../../ids.ts'
import { clipText, getJsonBytes } from '../../clip.ts'
import { scoreHits } from '../../ambiguity/score-hits.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { createItems } from '../items/add-items.ts'
import { findQuestionFault } from '../../question/check-form.ts'
import { askQuestion } from '../questions/ask-questions.ts'
import { findParameterFault } from '../questions/set-parameters.ts'

type Command = ProjectCommandOf<'StartProject'>

/** A request is one ledger entry, which holds 8 KB, and is kept as it was written. */
const MAX_REQUEST_BYTES = 6000
const MAX_HIT_BYTES = 5000

const findFault = (
  draft: Draft,
  { projectId, request, parameters, questions, items }: Command,
): Refused | undefined => {
  if (draft.state.project)
    return refuse('CONFLICT', `There is a project ${projectId} already.`, { projectId })
  const bytes = getJsonBytes(request)
  if (bytes > MAX_REQUEST_BYTES)
    return refuse(
      'PAYLOAD_TOO_LARGE',
      `A request has at most ${MAX_REQUEST_BYTES} bytes; this one has ${bytes}.`,
    )
  const tooMany = findParameterFault({}, parameters)
  if (tooMany) return tooMany
  const keys = new Set(items.map(({ key }) => key))
  for (const asked of questions) {
    const fault = findQuestionFault(asked)
    if (fault) return fault
    const strange = asked.items.find((key) => !keys.has(key))
    if (strange !== undefined)
      return refuse('INVALID_ARGUMENT', `A question is about ${strange}, which is no key of these items.`, {
        key: strange,
      })
  }
  return undefined
}

const tellHits = (draft: Draft, { hits }: Command): void => {
  if (hits.length === 0) return
  let left = MAX_HIT_BYTES
  const told = hits.slice(0, 20).flatMap((hit) => {
    const clipped = {
      ...hit,
      excerpt: hit.excerpt === '' ? '' : clipText(hit.excerpt, 200, 300),
      message: clipText(hit.message, 300, 400),
    }
    left -= getJsonBytes(clipped)
    return left >= 0 ? [clipped] : []
  })
  addEvent(draft, 'CLARIFICATION.AMBIGUITY_FOUND', { score: scoreHits(hits), hits: told })
}

/** A project begins: its request, its records, its backlog, and what is asked before anything is given out. */
export const startProject = (draft: Draft, command: Command): Outcome => {
  const fault = findFault(draft, command)
  if (fault) return fault
  const { projectId, workspaceId, name, request, mode, dispatch, template, templateHash } = command
  addEvent(draft, 'PROJECT.INITIAL_REQUEST_RECEIVED', {
    projectId,
    workspaceId,
    name,
    requestText: request,
    mode,
    dispatch,
    template,
    templateHash,
    questionDeadlineMs: command.questionDeadlineMs,
  })
  for (const upload of command.uploads) addEvent(draft, 'PROJECT.UPLOAD_ATTACHED', { upload })
  const { parameters } = command
  if (Object.keys(parameters).length > 0)
    addEvent(draft, 'PROJECT.PARAMETERS_SET', { parameters, by: getActor(draft) })
  const made = createItems(draft, command.items, {
    source: template === null ? 'person' : 'template',
    of: template === null ? null : `${template}@${templateHash ?? ''}`,
  })
  if (isRefused(made)) return made
  tellHits(draft, command)
  const questionIds = command.questions.flatMap(({ items, ...asked }) => {
    const itemIds = items.map((key) => made.keys.get(key)).filter((id): id is ItemId => id !== undefined)
    return askQuestion(draft, asked, { itemIds, askedBy: 'clarifier' })
  })
  return answered({ projectId, itemIds: made.ids, keys: Object.fromEntries(made.keys), questionIds })
}
