import type { Output } from '@ropewalk/core/contract/artifact'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, type WorkspaceId } from '@ropewalk/core/ids'
import type { Engine } from '../contract.ts'
import { makeId } from './make-id.ts'

const DOCUMENT_TYPE = 'application/json'

/** Keeps a document as a durable blob and names it. Throws INVALID_ARGUMENT where it breaks its contract. */
export const keepDocument = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  name: string,
  content: unknown,
): Promise<Output> => {
  const contract = findDocumentContract(name)
  if (contract === undefined) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${name} is not a document; only documents can be edited here.`,
    )
  }
  const parsed = contract.safeParse(content)
  if (!parsed.success) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `This is not a valid ${name}: ${parsed.error.issues[0]?.message ?? ''}`,
      {
        details: {
          issues: parsed.error.issues.map((issue) => ({
            pointer: `/${issue.path.join('/')}`,
            message: issue.message,
          })),
        },
      },
    )
  }
  const bytes = Buffer.from(`${JSON.stringify(parsed.data, null, 2)}\n`)
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
