import type { ServiceOperation } from './operations.ts'
import type { ToolInput } from '../tool.ts'
import type { Answered } from './report.ts'

/**
 * Whether an answer is an error of the service: none came, or it says so. A route that a document declares
 * must be there; of the start page alone nobody said that it is, and what is not there answers quickly too.
 */
export const isError = (status: number, isDeclared: boolean): boolean =>
  status === 0 || status >= (isDeclared ? 400 : 500)

/** Why a service has nothing to be measured: no document names its routes and there is no start page. */
export const findNothingToMeasure = (
  operations: readonly ServiceOperation[],
  start: Answered | string,
): string | undefined => {
  if (operations.some(({ method }) => method === 'GET')) return undefined
  if (typeof start === 'string' || start.status < 400 || start.status >= 500) return undefined
  return `No OpenAPI document names routes to read, and GET / answers ${start.status}.`
}

/** The version to compare with; null where there is none, or where nothing changed since and it is the same. */
export const findVersionBefore = (input: ToolInput, commit: string): ToolInput['before'] =>
  input.before === null || input.before.commit === commit ? null : input.before
