import { RopewalkError } from '@ropewalk/core/errors'

/** A place in a file, both counted from 1. */
export type Place = { readonly line: number; readonly column: number }

/** One thing wrong with a playbook: where, what was expected and what stands there, and what to change. */
export type PlaybookFault = Place & {
  readonly path: string
  readonly problem: string
  readonly fix: string
}

/** A fault as one line, in the form that editors jump to. */
export const formatFault = ({ path, line, column, problem, fix }: PlaybookFault): string =>
  `${path}:${line}:${column}: ${problem} ${fix}`

/** PLAYBOOK_INVALID for the first fault; all of them stand in the details. */
export const makeFaultError = (faults: readonly PlaybookFault[]): RopewalkError => {
  const [first] = faults
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: ropewalk playbook check)` : ''
  return new RopewalkError(
    'PLAYBOOK_INVALID',
    `${first === undefined ? 'The playbook is not valid.' : formatFault(first)}${more}`,
    { details: { file: first?.path, line: first?.line, column: first?.column, faults } },
  )
}

/** By file, then by place: the order in which a person mends them. */
export const sortFaults = (faults: readonly PlaybookFault[]): PlaybookFault[] =>
  faults.toSorted((a, b) => a.path.localeCompare(b.path, 'en') || a.line - b.line || a.column - b.column)
