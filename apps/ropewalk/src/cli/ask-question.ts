import type { AnyQuestionView, ProjectQuestionView } from '@ropewalk/core/contract/api/questions'
import { hasCode } from '@ropewalk/core/errors'
import type { Api } from './api.ts'
import { askLine } from './ask.ts'
import { makeAnswer } from './make-answer.ts'
import { getFieldText, layOutAnyQuestion } from './question-text.ts'
import { clean, type Terminal } from './terminal.ts'
import { makeTrouble, tell } from './trouble.ts'

/** What a person said. */
export type Decision =
  | { readonly type: 'answer'; readonly body: ReturnType<typeof makeAnswer> }
  | { readonly type: 'vote'; readonly approved: boolean; readonly notes: string }

/** `yes`, `no: why` and their kin; undefined for anything else. */
export const parseVote = (
  said: string,
): { readonly approved: boolean; readonly notes: string } | undefined => {
  if (/^(?:y|yes|approve|approved)[.!]?$/iu.test(said.trim())) return { approved: true, notes: '' }
  const notes = /^(?:n|no|reject|rejected)\s*[:,]\s*(\S[\s\S]*)$/iu.exec(said.trim())?.[1]
  return notes === undefined ? undefined : { approved: false, notes }
}

/** What was said to an approval is neither; a slip of the fingers must not reject anything. */
export const refuseVote = (said: string) =>
  makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: 'an approval takes yes or no',
    why: `expected "yes", or "no: " and why, got ${JSON.stringify(said.slice(0, 60))}`,
    next: './ropewalk approve QUESTION, or with --reject --why "…"',
  })

/** Sends a decision; an approval is voted upon, of whatever owner. */
export const sendDecision = (api: Api, questionId: string, decision: Decision, change?: boolean) =>
  decision.type === 'vote'
    ? api.vote(questionId, { approved: decision.approved, notes: decision.notes })
    : api.answer(questionId, { ...decision.body, ...(change === true ? { change: true } : {}) })

/** Asks until the line can be used; undefined when the input ended or `signal` came. */
const askUntil = async <T>(
  terminal: Terminal,
  prompt: string,
  of: { readonly read: (line: string) => T; readonly signal: AbortSignal | undefined },
): Promise<T | undefined> => {
  for (;;) {
    const line = await askLine(terminal, prompt, of.signal)
    if (line === undefined) return undefined
    try {
      return of.read(line.trim())
    } catch (error) {
      if (!hasCode(error, 'INVALID_ARGUMENT')) throw error
      terminal.say(`    ${clean(tell(error).why ?? error.message)}`)
    }
  }
}

/** A form of several fields, one after the other; Enter takes a field's default where it has one. */
const askFields = async (
  terminal: Terminal,
  question: ProjectQuestionView,
  signal: AbortSignal | undefined,
): Promise<Decision | undefined> => {
  const set: string[] = []
  const { form } = question
  if (form === null) return undefined
  for (const [name, field] of Object.entries(form.properties)) {
    const usual = question.defaultValues[name]
    const prompt = `    ${name} (${getFieldText(field)})${usual === undefined ? '' : ` [${clean(String(usual))}]`}: `
    const isOptional = !form.required.includes(name)
    const only = { ...question, form: { ...form, properties: { [name]: field }, required: [] } }
    const pair = await askUntil(terminal, prompt, {
      signal,
      read: (line) => {
        const said = line === '' && usual !== undefined ? String(usual) : line
        if (said === '' && isOptional) return ''
        makeAnswer(only, { words: [], set: [`${name}=${said}`] })
        return `${name}=${said}`
      },
    })
    if (pair === undefined) return undefined
    if (pair !== '') set.push(pair)
  }
  return { type: 'answer', body: makeAnswer(question, { words: [], set }) }
}

/**
 * Puts a question to the person at the terminal and gives what was decided; undefined when they left it or
 * `signal` took it back. Nothing is sent.
 */
export const askDecision = async (
  terminal: Terminal,
  question: AnyQuestionView,
  signal?: AbortSignal,
): Promise<Decision | undefined> => {
  const { paint, stderr } = terminal
  terminal.say(layOutAnyQuestion({ paint, columns: stderr.columns }, question))
  if (question.kind === 'approval') {
    return askUntil(terminal, '    yes, or no: and why (Enter leaves it open): ', {
      signal,
      read: (line): Decision | undefined => {
        if (line === '') return undefined
        const vote = parseVote(line)
        if (vote === undefined) throw refuseVote(line)
        return { type: 'vote', ...vote }
      },
    })
  }
  if (question.owner === 'project' && Object.keys(question.form?.properties ?? {}).length > 1)
    return askFields(terminal, question, signal)
  return askUntil(terminal, '    answer (Enter takes the default): ', {
    signal,
    read: (line): Decision => ({
      type: 'answer',
      body: makeAnswer(question, line === '' ? { words: [], choice: 'default' } : { words: [], text: line }),
    }),
  })
}
