import { parseBase64 } from '@ropewalk/core/dossier/keys'
import type { OutputRequest } from '@ropewalk/core/contract/api/claims'
import type { ContractIssue } from '@ropewalk/core/contract/api/problem'
import type { Output } from '@ropewalk/core/contract/artifact'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, type WorkspaceId } from '@ropewalk/core/ids'
import type { Engine } from '../contract.ts'
import { makeContractError } from '../inputs/contract-error.ts'
import { readJson } from '../inputs/read-json.ts'
import { makeId } from '../runs/make-id.ts'

const refuse = (index: number, field: string, message: string): never => {
  const issue: ContractIssue = { in: 'body', pointer: `/outputs/${index}/${field}`, message }
  throw new RopewalkError('INVALID_ARGUMENT', `Output ${index}: ${message}.`, {
    details: { issues: [issue] },
  })
}

const format = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)

const readBytes = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  output: OutputRequest,
  index: number,
): Promise<Buffer> => {
  const { content, contentBase64, digest } = output
  if (contentBase64 !== undefined)
    return parseBase64(contentBase64) ?? refuse(index, 'contentBase64', 'expected base64')
  if (digest !== undefined) {
    if (!(await engine.blobs.has(workspaceId, digest)))
      refuse(index, 'digest', 'nothing was uploaded under this digest')
    return engine.blobs.read(workspaceId, digest)
  }
  return typeof content === 'string' ? Buffer.from(content) : format(content)
}

/** A document in the form in which all documents are kept. Throws INVALID_ARGUMENT where it breaks its contract. */
const readDocument = (name: string, bytes: Buffer, index: number): Buffer | undefined => {
  const contract = findDocumentContract(name)
  if (contract === undefined) return undefined
  const parsed = contract.safeParse(readJson(bytes))
  if (!parsed.success) throw makeContractError(parsed.error, 'body', ['outputs', index, 'content'])
  return format(parsed.data)
}

/**
 * Keeps what an agent handed in as durable blobs, in its order, and names them. Documents must keep their
 * contracts. Throws INVALID_ARGUMENT with the place; nothing is told to the run by then.
 */
export const readOutputs = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  requests: readonly OutputRequest[],
): Promise<Output[]> => {
  const outputs: Output[] = []
  for (const [index, request] of requests.entries()) {
    const { name, commit } = request
    const given = await readBytes(engine, workspaceId, request, index)
    const document = readDocument(name, given, index)
    const bytes = document ?? given
    const digest = await engine.blobs.put(workspaceId, bytes)
    outputs.push({
      id: ArtifactId.parse(makeId()),
      name,
      digest,
      mediaType: document === undefined ? request.mediaType : 'application/json',
      bytes: bytes.length,
      commit: commit ?? null,
      simulated: false,
    })
  }
  return outputs
}
