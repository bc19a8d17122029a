import { z } from 'zod'
import { Commit, Count, Digest, Name, Share, text } from '../../text.ts'
import { argv, claims, label, repoPath } from './shared.ts'

/** A command of a project: what is run, and the place in the repository that says so. */
export const ProjectCommand = z.strictObject({ argv, source: text(300, 1) })
export type ProjectCommand = z.infer<typeof ProjectCommand>

/** The lock file that says which packages are installed, with the SHA-256 of its bytes. */
export const LockFile = z.strictObject({ path: repoPath, digest: Digest })
export type LockFile = z.infer<typeof LockFile>

/** Lines of a text, quoted as they stand. */
const Excerpt = z.strictObject({
  path: repoPath,
  from_line: z.int().min(1),
  to_line: z.int().min(1),
  text: text(6000, 1),
})

/** Something that already says what the project is to do. `document` is the artifact that it became, if any. */
const FoundSpec = z.strictObject({
  path: repoPath,
  kind: z.enum(['ropewalk', 'openapi', 'decision', 'document']),
  document: Name.nullable(),
})

/**
 * What is known of the repository that a run starts from: found by reading its commit, never by running
 * anything of it. The engine makes it once; no agent replaces it. Lists are cut, and `notes` says where.
 */
export const RepoContext = z.strictObject({
  name: text(200, 1),
  commit: Commit,
  branch: text(250, 1).nullable(),
  kind: z.enum(['service', 'tool', 'library']),
  languages: z.array(z.strictObject({ name: label, files: Count, share: Share })).max(12),
  package_managers: z
    .array(z.strictObject({ name: label, manifest: repoPath, lock: LockFile.nullable() }))
    .max(20),
  /** Packages that the manifests ask for, by their own count. */
  dependencies: Count,
  entry_points: z.array(z.strictObject({ path: repoPath, source: text(300, 1) })).max(20),
  commands: z.strictObject({
    build: ProjectCommand.nullable(),
    test: ProjectCommand.nullable(),
    lint: ProjectCommand.nullable(),
    start: ProjectCommand.nullable(),
  }),
  /** What runs its tests: `node:test` is the one whose report can be sealed; null where none was found. */
  test_runner: label.nullable(),
  excerpts: z.array(Excerpt).max(12),
  tests: z.array(repoPath).max(300),
  tree: z.array(repoPath).max(600),
  specs: z.array(FoundSpec).max(100),
  counts: z.strictObject({ files: Count, tests: Count, bytes: Count }),
  notes: claims(40),
})
export type RepoContext = z.infer<typeof RepoContext>
