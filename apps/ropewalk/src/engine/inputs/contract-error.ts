import type { ContractIssue } from '@ropewalk/core/contract/api/problem'
import { RopewalkError } from '@ropewalk/core/errors'
import type { z } from 'zod'

/** A page with more complaints than this helps nobody. */
const MAX_ISSUES = 20

const escapePointer = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1')

const makePointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${escapePointer(part)}`).join('')

/** A broken contract as an error that names each place; `at` is where in the request the value stood. */
export const makeContractError = (
  error: z.ZodError,
  where: ContractIssue['in'],
  at: readonly PropertyKey[] = [],
): RopewalkError => {
  const issues = error.issues.flatMap((issue): ContractIssue[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          in: where,
          pointer: makePointer([...at, ...issue.path, key]),
          message: 'unknown key',
        }))
      : [{ in: where, pointer: makePointer([...at, ...issue.path]), message: issue.message }],
  )
  const first = issues[0]
  const place = first === undefined || first.pointer === '' ? '' : ` at ${first.pointer}`
  return new RopewalkError(
    'INVALID_ARGUMENT',
    `The ${where} breaks its contract${place}: ${first?.message ?? 'not valid'}.`
      .slice(0, 500)
      .toWellFormed(),
    { details: { issues: issues.slice(0, MAX_ISSUES) } },
  )
}
