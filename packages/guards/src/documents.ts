import type { z } from 'zod'
import { DOCUMENTS, findDocumentContract, type DocumentName } from '@ropewalk/core/contract/documents'
import { RopewalkError } from '@ropewalk/core/errors'
import type { GuardInput, JudgedArtifact } from './guard.ts'

/** What a guard or a tool was given, to look things up in. */
type Known = Pick<GuardInput, 'judged' | 'others'>

/** The artifact of this name, what is judged before what may be cited. */
export const findArtifact = (input: Known, name: string): JudgedArtifact | undefined =>
  input.judged.find((one) => one.artifact.name === name) ??
  input.others.find((one) => one.artifact.name === name)

/** Its JSON value, or undefined where it is not JSON. */
export const getJson = (judged: JudgedArtifact): unknown => {
  if (judged.json !== undefined) return judged.json
  if (findDocumentContract(judged.artifact.name) === undefined && !/json/u.test(judged.artifact.mediaType))
    return undefined
  try {
    return JSON.parse(judged.bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * The document of this name, parsed by its contract; undefined where the run has none.
 * Throws INVALID_ARGUMENT where it breaks its contract, which is for the `schema` guard to explain.
 */
export const findDocument = <N extends DocumentName>(
  input: Known,
  name: N,
): z.infer<(typeof DOCUMENTS)[N]> | undefined => {
  const found = findArtifact(input, name)
  if (found === undefined) return undefined
  const parsed = DOCUMENTS[name].safeParse(getJson(found))
  if (parsed.success) return parsed.data as z.infer<(typeof DOCUMENTS)[N]>
  const [issue] = parsed.error.issues
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `${name} breaks its contract at /${issue?.path.map(String).join('/') ?? ''}: ${issue?.message ?? 'unknown'}.`,
    { details: { artifact: name } },
  )
}
