import type { Output } from '@ropewalk/core/contract/artifact'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, type WorkspaceId } from '@ropewalk/core/ids'
import type { Engine } from '../contract.ts'
import { makeId } from './make-id.ts'

const DOCUMENT_TYPE = 'application/json'

/** The place of an issue as a JSON Pointer. */
const getPointer = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** A document held to the contract of its name. Throws INVALID_ARGUMENT with each place and what was expected. */
export const parseDocument = (name: string, content: unknown): unknown => {
  const contract = findDocumentContract(name)
  if (contract === undefined) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${name} is not a document; only documents can be edited here.`,
    )
  }
  const parsed = contract.safeParse(content)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({ pointer: getPointer(path), message }))
  const [first] = issues
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `This is not a valid ${name}: ${first === undefined ? '' : `${first.pointer || 'the whole'}: ${first.message}`}`,
    { details: { document: name, issues } },
  )
}

/** Keeps a document as a durable blob and names it. Throws INVALID_ARGUMENT where it breaks its contract. */
export const keepDocument = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  name: string,
  content: unknown,
): Promise<Output> => {
  const document = parseDocument(name, content)
  const bytes = Buffer.from(`${JSON.stringify(document, null, 2)}\n`)
  const digest = await engine.blobs.put(workspaceId, bytes)
  return {
    id: ArtifactId.parse(makeId()),
    name,
    digest,
    mediaType: DOCUMENT_TYPE,
    bytes: bytes.length,
    commit: null,
    simulated: false,
  }
}
