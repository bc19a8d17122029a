import { createInterface } from 'node:readline/promises'
import type { QuestionView } from '@ropewalk/core/contract/api/questions'
import { clean, type Terminal } from './terminal.ts'

/**
 * One line from the person at the terminal; undefined when `signal` ended the waiting or the input ended.
 * A Ctrl-C during it is passed on as the signal it would have been.
 */
export const askLine = async (
  terminal: Terminal,
  prompt: string,
  signal?: AbortSignal,
): Promise<string | undefined> => {
  if (signal?.aborted === true) return undefined
  const reader = createInterface({ input: terminal.stdin, output: terminal.stderr, terminal: true })
  const ended = new Promise<undefined>((resolve) => {
    reader.once('close', () => {
      resolve(undefined)
    })
  })
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const answer = reader.question(prompt, signal === undefined ? {} : { signal })
    // The other promise tells that the input ended; this one then never settles, or is aborted.
    return await Promise.race([answer, ended])
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined
    throw error
  } finally {
    reader.close()
  }
}

/** Yes or no, no by default. */
export const confirm = async (terminal: Terminal, question: string, signal?: AbortSignal): Promise<boolean> =>
  /^y(es)?$/iu.test((await askLine(terminal, `${question} [y/N] `, signal))?.trim() ?? '')

const getWait = (deadlineAt: string | null): string => {
  if (deadlineAt === null) return ''
  const seconds = Math.max(0, Math.round((Date.parse(deadlineAt) - Date.now()) / 1000))
  return `, taken in ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} if nobody answers`
}

/** A question laid out: why it matters, its default and what happens if nobody answers. */
export const layOutQuestion = (
  terminal: Terminal,
  question: Pick<
    QuestionView,
    'phase' | 'text' | 'decisionImpact' | 'defaultAnswer' | 'deadlineAt' | 'priority'
  >,
): string =>
  [
    '',
    `  ${terminal.paint('bold', `? ${clean(question.text)}`)}`,
    `    asked by ${question.phase}, ${question.priority} priority; ${clean(question.decisionImpact)}`,
    `    default: ${clean(question.defaultAnswer)}${getWait(question.deadlineAt)}`,
  ].join('\n')
