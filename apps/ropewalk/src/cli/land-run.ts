import { readFileSync } from 'node:fs'
import path from 'node:path'
import { RunRepo } from '@ropewalk/core/contract/run-plan'
import { MANIFEST_FILE } from '@ropewalk/core/dossier/index-file'
import { z } from 'zod'
import { getScratch } from '../engine/runs/take-repository.ts'
import { getSpecPath, SPEC_NAMES } from '../repo/context/earlier-specs.ts'
import { landBranch, type Landed } from '../repo/land-branch.ts'
import { openRepository } from '../repo/open-repository.ts'
import { makeTrouble } from './trouble.ts'

const Manifest = z.looseObject({
  run: z.looseObject({
    id: z.string(),
    commit: z.string().nullable(),
    repo: RunRepo.nullable().default(null),
  }),
  phases: z.array(z.looseObject({ phase: z.string(), status: z.string() })),
  artifacts: z.array(
    z.looseObject({ name: z.string(), version: z.int(), phase: z.string(), commit: z.string().nullable() }),
  ),
  files: z.array(z.looseObject({ path: z.string() })),
})
type Manifest = z.infer<typeof Manifest>
type DossierArtifact = Manifest['artifacts'][number]

const readManifest = (dossier: string): Manifest =>
  Manifest.parse(JSON.parse(readFileSync(path.join(dossier, MANIFEST_FILE), 'utf8')))

/** The file of an artifact in a dossier's folder. */
const findFile = (dossier: string, { files }: Manifest, artifact: DossierArtifact): string | undefined => {
  const beginning = `artifacts/${artifact.phase}/${artifact.name}-v${artifact.version}.`
  const file = files.find((each) => each.path.startsWith(beginning))
  return file === undefined ? undefined : path.join(dossier, file.path)
}

/** The newest documents that a gate has let pass, by their paths in the repository. */
const listSpecs = (dossier: string, manifest: Manifest): ReadonlyMap<string, Uint8Array> => {
  const passed = new Set(
    manifest.phases.filter(({ status }) => status === 'passed').map(({ phase }) => phase),
  )
  const specs = new Map<string, Uint8Array>()
  for (const name of SPEC_NAMES) {
    const newest = manifest.artifacts
      .filter((artifact) => artifact.name === name && passed.has(artifact.phase))
      .toSorted((a, b) => b.version - a.version)[0]
    const file = newest === undefined ? undefined : findFile(dossier, manifest, newest)
    if (file !== undefined) specs.set(getSpecPath(name), readFileSync(file))
  }
  return specs
}

export const getDefaultBranch = (runId: string): string => `ropewalk/${runId}`

/**
 * Puts what a run has accepted on a branch of the repository at `folder`, from the run's dossier.
 * Throws CONFLICT for a run that was not on a repository, and what `landBranch` throws.
 */
export const landRun = async (of: {
  readonly home: string
  readonly dossier: string
  readonly folder: string
  readonly branch: string | undefined
}): Promise<Landed & { readonly root: string }> => {
  const manifest = readManifest(of.dossier)
  const { repo, commit, id } = manifest.run
  const code = manifest.artifacts.findLast(
    (artifact) => artifact.commit !== null && artifact.commit === commit,
  )
  const file = code === undefined ? undefined : findFile(of.dossier, manifest, code)
  if (repo === null || commit === null || file === undefined) {
    throw makeTrouble({
      code: 'CONFLICT',
      what: 'there is nothing for a branch',
      why: 'this run did not start from a repository',
      next: './ropewalk runs export RUN --to DIR gives its code as a repository of its own.',
    })
  }
  const target = await openRepository(of.folder)
  const landed = await landBranch(
    {
      bundle: readFileSync(file),
      commit,
      base: repo.commit,
      specs: listSpecs(of.dossier, manifest),
      branch: of.branch ?? getDefaultBranch(id),
      scratch: getScratch(of.home),
    },
    target,
  )
  return { ...landed, root: target.root }
}

/** What a branch holds, in words. */
export const getLandedText = ({ branch, commit, diff }: Landed): string =>
  `${branch} at ${commit.slice(0, 12)}: ${diff.files} ${diff.files === 1 ? 'file' : 'files'}, +${diff.insertions} −${diff.deletions}`
