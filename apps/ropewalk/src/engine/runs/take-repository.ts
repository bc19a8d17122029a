import path from 'node:path'
import type { Output } from '@ropewalk/core/contract/artifact'
import { BUNDLE_MEDIA_TYPE } from '@ropewalk/core/contract/artifact'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, type WorkspaceId } from '@ropewalk/core/ids'
import type { RunRepo } from '@ropewalk/core/contract/run-plan'
import type { RepoRequest } from '@ropewalk/core/contract/run-request'
import type { Config } from '../../config.ts'
import { checkAllowedPath, checkAllowedRepository } from '../../repo/check-allowed.ts'
import { noteModules } from '../../repo/modules.ts'
import { checkClean, openRepository } from '../../repo/open-repository.ts'
import {
  packRepository,
  readRepository,
  withBundle,
  type ReadRepository,
} from '../../repo/pack-repository.ts'
import type { Engine } from '../contract.ts'
import { keepDocument } from './keep-document.ts'
import { makeId } from './make-id.ts'

/** Where the server may look for repositories, and where it may write while it does. */
export type RepoPlaces = Pick<Config, 'home' | 'repoRoots'>

/** A repository as a run takes it: its code is a durable blob by then. */
export type TakenRepository = ReadRepository & { readonly repo: RunRepo }

export const getScratch = (home: string): string => path.join(home, 'repos', 'incoming')

/**
 * Reads the repository that a request names, from its bundle or from an allowed folder of this machine.
 * Throws FORBIDDEN for another folder, CONFLICT for changes that were not committed, INVALID_ARGUMENT for
 * what is no repository that is supported, and for a bundle that was never sent.
 */
export const takeRepository = async (
  engine: Engine,
  places: RepoPlaces,
  workspaceId: WorkspaceId,
  request: RepoRequest,
): Promise<TakenRepository> => {
  const scratch = getScratch(places.home)
  if ('path' in request) {
    const roots = places.repoRoots ?? []
    await checkAllowedPath(request.path, roots)
    const found = await openRepository(request.path)
    await checkAllowedRepository(request.path, found, roots)
    checkClean(found, { allowDirty: request.allowDirty === true, howToAllow: 'allowDirty' })
    const { name, commit, branch, gitDir, root } = found
    const read = await readRepository(gitDir, { name, commit, branch })
    const bundle = await engine.blobs.put(workspaceId, await packRepository(found, scratch))
    await noteModules(places.home, root, read.context)
    return { ...read, repo: { name, commit, branch, bundle } }
  }
  if (!(await engine.blobs.has(workspaceId, request.bundle)))
    throw new RopewalkError('INVALID_ARGUMENT', `No bundle ${request.bundle} was sent; send it first.`)
  const bundle = await engine.blobs.read(workspaceId, request.bundle)
  const read = await withBundle({ scratch, bundle, commit: request.commit }, (gitDir) =>
    readRepository(gitDir, request),
  )
  return { ...read, repo: request }
}

/** What the run has of a repository from its first moment on: what was read, the code, and the documents in it. */
export const keepRepository = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  { context, manifest, specs, repo }: TakenRepository,
): Promise<Output[]> => {
  const { length } = await engine.blobs.read(workspaceId, repo.bundle)
  const code: Output = {
    id: ArtifactId.parse(makeId()),
    name: 'SourceCode',
    digest: repo.bundle,
    mediaType: BUNDLE_MEDIA_TYPE,
    bytes: length,
    commit: repo.commit,
    simulated: false,
  }
  const documents: Output[] = [await keepDocument(engine, workspaceId, 'RepoContext', context)]
  if (manifest !== undefined)
    documents.push(await keepDocument(engine, workspaceId, 'RepoManifest', manifest))
  for (const { name, content } of specs)
    documents.push(await keepDocument(engine, workspaceId, name, content))
  return [...documents, code]
}
