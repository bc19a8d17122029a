import { NO_USAGE } from '@ropewalk/core/contract/budget'
import type { RiskRegister } from '@ropewalk/core/contract/documents/critique'
import type { AgentJob, AgentResult } from '../../agent-runtime.ts'
import { bringUpToDate } from './documents/bring-up-to-date.ts'
import { findInputJson, makeOfflineError } from './documents/inputs.ts'
import { mendDocument } from './documents/mend.ts'
import { readParsedIdea } from './documents/parts/existing.ts'
import { leaveOutCategories } from './documents/write-risk-register.ts'
import { findWriter } from './documents/writers.ts'
import { listOpenPoints, type Asked } from './questions.ts'
import { OFFLINE_MAKER } from './version.ts'

/**
 * Writes the document the job asks for, by rules alone: no key, no network, and the same inputs give the same
 * bytes. In a fix round it mends what the reasons name and keeps the rest. All it hands in is marked simulated.
 * Throws AgentError of class `fatal` for a document it has no rules for, and where an input it needs is missing.
 */
export const runOfflineModel = async (job: AgentJob): Promise<AgentResult> => {
  job.signal.throwIfAborted()
  const name = job.task.spec.output ?? ''
  const writer = findWriter(name)
  if (writer === undefined) throw makeOfflineError(`The offline model has no rules for the document ${name}.`)
  const fresh = bringUpToDate(job, name, await writer(job))
  const document = spoilFirstDraft(job, name, mend(job, name, fresh))
  job.log('note', `wrote ${name} by rules; no model was called`)
  return {
    outputs: [
      {
        name,
        mediaType: 'application/json',
        bytes: Buffer.from(`${JSON.stringify(document, null, 2)}\n`),
        simulated: true,
      },
    ],
    usage: NO_USAGE,
    ...OFFLINE_MAKER,
    questions: name === 'Clarifications' ? listQuestions(job) : [],
  }
}

const mend = (job: AgentJob, name: string, fresh: object): object => {
  const { fix } = job.task.spec
  const broken = findInputJson(job, name)
  if (fix === null || broken === undefined) return fresh
  const mended = mendDocument({ job, name, broken, fresh, reasons: fix.reasons })
  for (const reason of mended.open) job.log('note', `no rule mends this: ${reason}`)
  return mended.document
}

/** Documents of which `settings: { first_draft: incomplete }` in an agent's front matter asks for less at first. */
const FIRST_DRAFTS: Readonly<Record<string, (document: object) => object>> = {
  RiskRegister: (document) => leaveOutCategories(document as RiskRegister),
}

/** Only in the first round and only by that setting: the demo shows a gate that refuses, and a round that mends. */
const spoilFirstDraft = (job: AgentJob, name: string, document: object): object => {
  const { fix, round } = job.task.spec
  const isAsked = job.context.agent?.settings['first_draft'] === 'incomplete'
  const leaveOut = Object.hasOwn(FIRST_DRAFTS, name) ? FIRST_DRAFTS[name] : undefined
  if (!isAsked || leaveOut === undefined || fix !== null || round !== 1) return document
  job.log('note', `${name} is left incomplete, since this agent's settings say first_draft: incomplete`)
  return leaveOut(document)
}

const listQuestions = (job: AgentJob): Asked[] =>
  listOpenPoints(readParsedIdea(job)).map(({ apply: _apply, ...asked }) => asked)
