import { sha256 } from '@ropewalk/core/canonical'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { Engine, TaskContext } from '../engine/contract.ts'
import type { JobInput } from './agent-runtime.ts'
import type { RunRepositories } from '../repo/git/run-repositories.ts'

/** An artifact's bytes, proved by its digest. Throws NOT_FOUND, INVARIANT_BROKEN. */
export const readArtifactBytes = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  artifact: Artifact,
): Promise<Buffer> => {
  const bytes = await engine.blobs.read(workspaceId, artifact.digest)
  if (sha256(bytes) !== artifact.digest) {
    throw new RopewalkError('INVARIANT_BROKEN', `The blob of ${artifact.name} is not what its digest says.`)
  }
  return bytes
}

/** The JSON of a document, or nothing where the artifact is opaque or no JSON; its contract is judged elsewhere. */
export const parseDocument = (name: string, bytes: Buffer): { readonly json?: unknown } => {
  if (findDocumentContract(name) === undefined) return {}
  try {
    return { json: JSON.parse(bytes.toString('utf8')) as unknown }
  } catch {
    return {}
  }
}

/** The inputs that the task was given, in its order. */
export const readInputs = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  context: TaskContext,
): Promise<readonly JobInput[]> => {
  const inputs: JobInput[] = []
  for (const ref of context.inputs) {
    const bytes = await readArtifactBytes(engine, workspaceId, ref.artifact)
    inputs.push({ ref, bytes, ...parseDocument(ref.name, bytes) })
  }
  return inputs
}

/** The newest version of every artifact of a run, by name. */
export const listNewestArtifacts = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  runId: RunId,
): Promise<ReadonlyMap<string, Artifact>> => {
  const newest = new Map<string, Artifact>()
  for await (const artifact of listAllArtifacts(engine, workspaceId, runId)) {
    const known = newest.get(artifact.name)
    if (known === undefined || known.version < artifact.version) newest.set(artifact.name, artifact)
  }
  return newest
}

/** All versions of one artifact of a run. */
export const listVersions = async (
  engine: Engine,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId; readonly name: string },
): Promise<readonly Artifact[]> => {
  const found: Artifact[] = []
  for await (const artifact of listAllArtifacts(engine, of.workspaceId, of.runId))
    if (artifact.name === of.name) found.push(artifact)
  return found
}

/**
 * Sees to it that this machine's repository of the run has `commit`, from the bundle that an artifact names
 * if need be. Throws NOT_FOUND when no artifact of the run carries it.
 */
export const ensureCommit = async (of: {
  readonly engine: Engine
  readonly repositories: RunRepositories
  readonly workspaceId: WorkspaceId
  readonly runId: RunId
  readonly commit: string
}): Promise<void> => {
  if (await of.repositories.hasCommit(of.runId, of.commit)) return
  for await (const artifact of listAllArtifacts(of.engine, of.workspaceId, of.runId)) {
    if (artifact.commit !== of.commit) continue
    const bytes = await readArtifactBytes(of.engine, of.workspaceId, artifact)
    await of.repositories.importBundle(of.runId, bytes, of.commit)
    return
  }
  throw new RopewalkError('NOT_FOUND', `No artifact of run ${of.runId} carries commit ${of.commit}.`)
}

async function* listAllArtifacts(
  engine: Engine,
  workspaceId: WorkspaceId,
  runId: RunId,
): AsyncGenerator<Artifact> {
  let cursor: string | undefined
  do {
    const page = await engine.listArtifacts(workspaceId, runId, { limit: 200, cursor })
    yield* page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}
