import type { DocumentOf } from '@ropewalk/core/contract/documents'
import type { ServiceOperation } from '../operations.ts'
import type { Step } from '../orders.ts'
import type { Answered } from '../report.ts'

type Severity = DocumentOf<'DastReport'>['findings'][number]['severity']

/** What one probe makes of an answer. `where` makes the finding's id the same from scan to scan. */
export type Alarm = {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly where: string
  readonly fix: string
}

/** `text` where there is no answer: why not. */
export type Seen = { readonly answer: Answered } | { readonly text: string }

/** A step and what to make of what it meets. Steps without a judge prepare the way for others. */
export type Probe = {
  readonly step: Step
  /** As a person would say it: method and path, and what is special. */
  readonly where: string
  readonly judge?: (seen: Seen) => readonly Alarm[]
}

export type Target = {
  readonly operations: readonly ServiceOperation[]
  /** A text nobody else sends, by which our own input is recognised. */
  readonly marker: string
  /** Files of the checkout that nobody may read over HTTP, with a line that proves it. */
  readonly privateFiles: readonly { readonly path: string; readonly proof: string }[]
}

export const isHtml = ({ headers }: Answered): boolean => /html/u.test(headers['content-type'] ?? '')

/** Lines by which programs tell where their code lies. */
const STACK =
  /\bat (?:async )?[\w.<>[\] ]*\(?(?:file:\/\/)?\/[^\s:]+:\d+:\d+\)?|node:internal\/|Traceback \(most recent call last\)|\bat [\w.$]+\([\w]+\.java:\d+\)|<b>Fatal error<\/b>/u

export const leaksStack = ({ body }: Answered): boolean => STACK.test(body)

/**
 * What holds of every answer to input that makes no sense: no failure of the service's own, no word of where
 * its code lies, and an answer at all.
 */
export const judgeNonsense = (where: string, seen: Seen): Alarm[] => {
  if ('text' in seen) {
    // A connection that is closed is a refusal; only silence is not.
    return /no complete answer/u.test(seen.text)
      ? [
          {
            rule: 'no-answer',
            severity: 'medium',
            title: `No answer to ${where}: ${seen.text}`,
            where,
            fix: 'Answer every request, and refuse what cannot be understood at once.',
          },
        ]
      : []
  }
  const { answer } = seen
  return [
    ...(answer.status >= 500
      ? [
          {
            rule: 'server-error',
            severity: 'medium' as const,
            title: `${where} was answered with ${answer.status}, as if it were the service's own fault`,
            where,
            fix: 'Check what comes in before using it, and answer 400 or 422 with what is wrong.',
          },
        ]
      : []),
    ...(leaksStack(answer)
      ? [
          {
            rule: 'stack-trace',
            severity: 'medium' as const,
            title: `The answer to ${where} shows where the code lies`,
            where,
            fix: 'Write errors to the log, and send the caller a message without a stack.',
          },
        ]
      : []),
  ]
}
