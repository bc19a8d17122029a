import type { Memo } from '@ropewalk/core/contract/documents/memo'
import type { AgentJob } from '../../../agent-runtime.ts'
import { clip, getPlainLine } from '../words.ts'
import { findInput } from './inputs.ts'

type Subject = { readonly title: string; readonly cite: string }

const MAX_SUBJECTS = 12

/** What there is to look at: requirements, else goals, else the idea itself. */
const listSubjects = (job: AgentJob): Subject[] => {
  const requirements = findInput(job, 'PRD')?.requirements.map(({ id, title }, index) => ({
    title: `${id} ${title}`,
    cite: `PRD#/requirements/${String(index)}`,
  }))
  if (requirements !== undefined) return requirements.slice(0, MAX_SUBJECTS)
  const goals = findInput(job, 'IdeaSpec')?.goals.map(({ text }, index) => ({
    title: text,
    cite: `IdeaSpec#/goals/${String(index)}`,
  }))
  return goals?.slice(0, MAX_SUBJECTS) ?? [{ title: job.context.context.idea, cite: 'Idea#/text' }]
}

/**
 * A memo of a project's own agent. Rules cannot judge what a project asks for, so that the memo lists what is to
 * be looked at and says that nobody has looked yet.
 */
export const writeMemo = (job: AgentJob): Memo => {
  const subjects = listSubjects(job)
  const who = job.task.spec.target
  return {
    title: clip(`What ${who} was to look at`, 160),
    summary: `The offline model knows no rules for ${who}. It lists ${String(subjects.length)} statements for a person or a model to judge, and judges none of them.`,
    findings: subjects.map(({ title, cite }) => ({
      title: clip(getPlainLine(title), 160),
      text: `Nobody has judged this yet: ${clip(getPlainLine(title), 400)}`,
      severity: 'info',
      recommendation: `Have a person or a model judge it as ${who} is asked to.`,
      cites: [cite],
    })),
    open_points: [`Everything that ${who} was asked for is open.`],
  }
}
