import { z } from 'zod'
import { ArtifactId, RunId, TaskId } from '../ids.ts'
import { Commit, Count, Digest, Instant, Name, text } from '../text.ts'
import { PhaseName } from './playbook.ts'

/** Media type of code: a git bundle with one branch `main`. None is registered; this one is ours. */
export const BUNDLE_MEDIA_TYPE = 'application/vnd.git.bundle'

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/json': 'json',
  'application/vnd.in-toto+json': 'json',
  'image/png': 'png',
  [BUNDLE_MEDIA_TYPE]: 'bundle',
  'text/markdown': 'md',
  'text/plain': 'txt',
}

/** How a file of this media type ends, without the dot; `bin` where it is not known. */
export const getFileExtension = (mediaType: string): string => EXTENSIONS[mediaType] ?? 'bin'

/** Whether bytes of this media type are JSON: by its own name, or by the suffix of RFC 6839. */
export const isJsonMediaType = (mediaType: string): boolean =>
  mediaType === 'application/json' || mediaType.endsWith('+json')

/** Who or what made something: an agent or tool with its version. */
export const Maker = z.strictObject({
  kind: z.enum(['agent', 'tool', 'person', 'engine']),
  name: text(120, 1),
  version: text(120, 1),
})
export type Maker = z.infer<typeof Maker>

/** Where an artifact came from. */
export const Lineage = z.strictObject({
  maker: Maker,
  taskId: TaskId.nullable(),
  attempt: z.int().min(0),
  inputArtifactIds: z.array(ArtifactId),
  createdAt: Instant,
  tokens: Count,
  minutes: z.number().min(0),
})
export type Lineage = z.infer<typeof Lineage>

/**
 * The output of work, named by the digest of its bytes, which are a blob.
 * `version` counts from 1 per run and name. `simulated` marks what the offline model wrote.
 * `commit` is set where the artifact is code: the blob is then a git bundle that holds the commit.
 */
export const Artifact = z.strictObject({
  id: ArtifactId,
  runId: RunId,
  phase: PhaseName,
  name: Name,
  version: z.int().min(1),
  digest: Digest,
  mediaType: text(120, 1),
  bytes: Count,
  commit: Commit.nullable(),
  simulated: z.boolean(),
  lineage: Lineage,
})
export type Artifact = z.infer<typeof Artifact>

/** What a task hands in: bytes are already a durable blob under `digest`. */
export const Output = z.strictObject({
  id: ArtifactId,
  name: Name,
  digest: Digest,
  mediaType: text(120, 1),
  bytes: Count,
  commit: Commit.nullable().default(null),
  simulated: z.boolean(),
})
export type Output = z.infer<typeof Output>

/**
 * What a fork takes over: an output of the run it comes from, with who made it there. `maker` is null where
 * whoever forks has put another version in its place.
 */
export const InheritedOutput = Output.extend({
  source: z.strictObject({ artifactId: ArtifactId, maker: Maker.nullable() }).optional(),
})
export type InheritedOutput = z.infer<typeof InheritedOutput>

/** What a task is given: enough to fetch it and to prove later what was used. */
export const InputRef = z.strictObject({ artifactId: ArtifactId, name: Name, digest: Digest })
export type InputRef = z.infer<typeof InputRef>
