import type { z } from 'zod'

/** One thing that is wrong, and where: `path` is a JSON pointer (RFC 6901), empty for the whole. */
export type Problem = { readonly path: string; readonly message: string }

/** A message that is refused. `schemaId` names the contract it broke, null where there is none for its type. */
export type Invalid = {
  readonly type: 'invalid'
  readonly part: 'envelope' | 'payload'
  readonly schemaId: string | null
  readonly problems: readonly Problem[]
}

/** A dead letter keeps them all in one row; whoever mends a message needs the first few. */
const MAX_PROBLEMS = 20

type Issue = z.core.$ZodIssue

const makePointer = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** Of several contracts of which one had to hold, the one that was missed by the least says what was meant. */
const unfold = (issue: Issue): readonly Issue[] => {
  if (issue.code !== 'invalid_union') return [issue]
  const [nearest] = issue.errors.toSorted((one, other) => one.length - other.length)
  if (nearest === undefined) return [issue]
  return nearest.flatMap((inner) => unfold({ ...inner, path: [...issue.path, ...inner.path] }))
}

/** What zod found, in words of paths, at most the first 20. Values of the message are never repeated. */
export const listProblems = (error: z.ZodError): readonly Problem[] =>
  error.issues
    .flatMap(unfold)
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => ({ path: makePointer(path), message: message.slice(0, 400) }))
