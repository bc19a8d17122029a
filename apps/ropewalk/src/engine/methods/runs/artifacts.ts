import { isJsonMediaType, type Artifact } from '@ropewalk/core/contract/artifact'
import { LIST_ARTIFACTS, MAX_TEXT_BYTES, READ_ARTIFACT } from '@ropewalk/core/contract/methods/runs'
import { RopewalkError } from '@ropewalk/core/errors'
import { readForCaller } from '../../tasks/read-for-caller.ts'
import { defineMethod } from '../define-method.ts'

export const listArtifacts = defineMethod(LIST_ARTIFACTS, async ({ engine }, input, { caller }) => {
  const { run_id: runId, limit, cursor } = input
  const page = await engine.listArtifacts(caller.workspaceId, runId, { limit, cursor })
  if (page.items.length === 0) await engine.readRun(caller.workspaceId, runId)
  return { artifacts: [...page.items], next_cursor: page.nextCursor }
})

const isText = ({ mediaType }: Artifact): boolean =>
  mediaType.startsWith('text/') || isJsonMediaType(mediaType.split(';')[0] ?? '')

/** Where a piece ends: before a character that the limit would cut in two. */
const findEnd = (bytes: Uint8Array, offset: number): number => {
  let end = Math.min(bytes.length, offset + MAX_TEXT_BYTES)
  while (end < bytes.length && end > offset && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return end
}

export const readArtifact = defineMethod(READ_ARTIFACT, async ({ engine }, input, { caller }) => {
  const artifact = await readForCaller(engine, caller, input.artifact_id)
  if (!isText(artifact)) return { artifact, text: null, next_offset: null }
  const bytes = await engine.blobs.read(caller.workspaceId, artifact.digest)
  const { offset } = input
  if (offset > bytes.length)
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `The artifact has ${bytes.length} bytes; offset lies past them.`,
    )
  const end = findEnd(bytes, offset)
  // An agent may say of any bytes that they are text.
  const text = bytes.subarray(offset, end).toString('utf8').replaceAll('\u0000', '\ufffd')
  return { artifact, text, next_offset: end < bytes.length ? end : null }
})
