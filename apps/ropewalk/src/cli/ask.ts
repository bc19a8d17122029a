import { Writable } from 'node:stream'
import { createInterface } from 'node:readline/promises'
import type { QuestionView } from '@ropewalk/core/contract/api/questions'
import { wrap, type Paint, type Terminal } from './terminal.ts'

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

/** What of a question is laid out. */
type Shown = Pick<
  QuestionView,
  'phase' | 'text' | 'decisionImpact' | 'defaultAnswer' | 'deadlineAt' | 'priority' | 'status'
> &
  Partial<Pick<QuestionView, 'form' | 'policy'>>

const getWait = ({ deadlineAt, policy }: Shown): string => {
  if (deadlineAt === null) return ''
  const seconds = Math.max(0, Math.round((Date.parse(deadlineAt) - Date.now()) / 1000))
  const time = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
  return policy === 'escalate'
    ? `; people are told again in ${time}, and it goes on waiting`
    : `, taken in ${time} if nobody answers`
}

/** What a question with one field offers to pick from; none where it offers nothing. */
const listChoices = ({ form }: Shown): readonly string[] => {
  const [field, ...others] = Object.values(form?.properties ?? {})
  return others.length === 0 ? (field?.enum ?? []).map(String) : []
}

/** A question laid out: why it matters, its default and what happens if nobody answers. */
export const layOutQuestion = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  question: Shown,
): string => {
  const width = Math.min(of.columns ?? 100, 100) - 1
  const wait = question.status === 'open' ? getWait(question) : ''
  const choices = listChoices(question)
  return [
    '',
    of.paint('bold', wrap(`? ${question.text}`, width, '  ')),
    wrap(
      `asked by ${question.phase}, ${question.priority} priority. ${question.decisionImpact}`,
      width,
      '    ',
    ),
    ...(choices.length === 0 ? [] : [wrap(`one of: ${choices.join(' | ')}`, width, '    ')]),
    wrap(`default: ${question.defaultAnswer}${wait}`, width, '    '),
  ].join('\n')
}

/** One line that is not shown while it is typed; undefined when the input ended. */
export const askHidden = async (terminal: Terminal, prompt: string): Promise<string | undefined> => {
  terminal.stderr.write(prompt)
  // What readline echoes goes nowhere.
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done()
    },
  })
  const reader = createInterface({ input: terminal.stdin, output: nowhere, terminal: true })
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await Promise.race([
      reader.question(''),
      new Promise<undefined>((resolve) => {
        reader.once('close', () => {
          resolve(undefined)
        })
      }),
    ])
  } finally {
    reader.close()
    terminal.stderr.write('\n')
  }
}
