import { NO_USAGE } from '@ropewalk/core/contract/budget'
import type { AgentJob, AgentResult } from '../../agent-runtime.ts'
import { findInput, findInputJson, getIdea, makeOfflineError, readInput } from './documents/inputs.ts'
import { mendDocument } from './documents/mend.ts'
import { writeClarifications } from './documents/write-clarifications.ts'
import { writeConstraints } from './documents/write-constraints.ts'
import { writeIdeaSpec } from './documents/write-idea-spec.ts'
import { writePrd } from './documents/write-prd.ts'
import { writeReleaseNotes } from './documents/write-release-notes.ts'
import { writeStories } from './documents/write-stories.ts'
import { writeTestReport } from './documents/write-test-report.ts'
import { parseIdea } from './parse-idea.ts'
import { listOpenPoints, type Asked } from './questions.ts'
import { OFFLINE_MAKER } from './version.ts'

const WRITERS: Readonly<Record<string, (job: AgentJob) => object>> = {
  Clarifications: (job) => writeClarifications(parseIdea(getIdea(job))),
  Constraints: (job) => writeConstraints(parseIdea(getIdea(job)), findInput(job, 'Clarifications')),
  IdeaSpec: (job) =>
    writeIdeaSpec({
      idea: parseIdea(getIdea(job)),
      clarifications: findInput(job, 'Clarifications'),
      constraints: findInput(job, 'Constraints'),
      answers: job.context.context.answers,
    }),
  PRD: (job) => writePrd(readInput(job, 'IdeaSpec'), parseIdea(getIdea(job))),
  UserStories: (job) =>
    writeStories(readInput(job, 'PRD'), readInput(job, 'IdeaSpec'), parseIdea(getIdea(job))),
  TestReport: (job) => writeTestReport(readInput(job, 'RTM'), readInput(job, 'PRD')),
  ReleaseNotes: (job) =>
    writeReleaseNotes({
      spec: readInput(job, 'IdeaSpec'),
      prd: readInput(job, 'PRD'),
      rtm: readInput(job, 'RTM'),
      report: findInput(job, 'TestReport'),
      manifest: findInput(job, 'RepoManifest'),
    }),
}

/**
 * Writes the document the job asks for, by rules alone: no key, no network, and the same inputs give the same
 * bytes. In a fix round it mends what the reasons name and keeps the rest. All it hands in is marked simulated.
 * Throws AgentError of class `fatal` for a document it has no rules for, and where an input it needs is missing.
 */
export const runOfflineModel = (job: AgentJob): Promise<AgentResult> =>
  Promise.resolve().then(() => write(job))

const write = (job: AgentJob): AgentResult => {
  job.signal.throwIfAborted()
  const name = job.task.spec.output ?? ''
  const writer = Object.hasOwn(WRITERS, name) ? WRITERS[name] : undefined
  if (writer === undefined) throw makeOfflineError(`The offline model has no rules for the document ${name}.`)
  const fresh = writer(job)
  const document = mend(job, name, fresh)
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

const listQuestions = (job: AgentJob): Asked[] =>
  listOpenPoints(parseIdea(getIdea(job))).map(({ apply: _apply, ...asked }) => asked)
