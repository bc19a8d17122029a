import { findFileInside } from '../checkout.ts'
import { getJson } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import { findByPointer, isEmpty, listValues } from './json-pointer.ts'

/** A citation and where it stands. */
export type Cited = { readonly document: string; readonly pointer: string; readonly citation: string }

/** Every citation of a document: the text members of each `cites`. */
export const listCitations = (document: string, json: unknown): Cited[] =>
  listValues(json).flatMap(({ pointer, value }) =>
    /\/cites\/\d+$/u.test(pointer) && typeof value === 'string'
      ? [{ document, pointer, citation: value }]
      : [],
  )

/** Artifact and pointer of `Artifact#/pointer`; the pointer of what is no citation finds nothing. */
export const parseCitation = (citation: string): { readonly document: string; readonly pointer: string } => {
  const at = citation.indexOf('#')
  return at < 0
    ? { document: citation, pointer: '\u0000' }
    : { document: citation.slice(0, at), pointer: citation.slice(at + 1) }
}

/** The JSON of every document of the run, by name; what is judged before what may be cited. */
export const listDocuments = (input: Pick<GuardInput, 'judged' | 'others'>): Map<string, unknown> => {
  const documents = new Map<string, unknown>()
  for (const one of [...input.others, ...input.judged]) {
    const json = getJson(one)
    if (json !== undefined) documents.set(one.artifact.name, json)
  }
  return documents
}

/** Whether a citation names a value that says something, in this value of its document. */
export const isFoundIn = (documents: ReadonlyMap<string, unknown>, citation: string): boolean => {
  const { document, pointer } = parseCitation(citation)
  const found = documents.has(document) ? findByPointer(documents.get(document), pointer) : undefined
  return found !== undefined && !isEmpty(found.value)
}

/** Whether it names code that the checkout has: `SourceCode#/src/app.js`, a line number after it or not. */
const isFileCited = async (input: GuardInput, citation: string): Promise<boolean> => {
  const { document, pointer } = parseCitation(citation)
  const cited = [...input.judged, ...input.others].find(({ artifact }) => artifact.name === document)
  if (cited === undefined) return false
  if (pointer === '') return true
  if (cited.artifact.commit === null || cited.artifact.commit !== input.worktree?.commit) return false
  const path = pointer.slice(1).replace(/(?::|#L)\d+(?:-L?\d+)?$/u, '')
  return (await findFileInside(input.worktree.dir, path)) !== undefined
}

/** Those of these citations that name nothing in any document of the run nor in the judged code. */
export const findUnresolved = async (
  input: GuardInput,
  citations: readonly string[],
): Promise<ReadonlySet<string>> => {
  const documents = listDocuments(input)
  const lost = new Set<string>()
  for (const citation of new Set(citations))
    if (!isFoundIn(documents, citation) && !(await isFileCited(input, citation))) lost.add(citation)
  return lost
}

/** Whether a claim rests on something measured: a citation of a tool's document that was really made. */
export const isMeasured = (documents: ReadonlyMap<string, unknown>, cites: readonly string[]): boolean =>
  cites.some((citation) => {
    const document = documents.get(parseCitation(citation).document)
    return (
      isFoundIn(documents, citation) &&
      typeof findByPointer(document, '/revision')?.value === 'string' &&
      findByPointer(document, '/outcome')?.value === 'done'
    )
  })
