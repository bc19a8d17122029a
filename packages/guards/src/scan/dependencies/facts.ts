import { z } from 'zod'

const Versions = z.record(z.string(), z.string()).catch({})

/** What of a package.json tells about dependencies; fields of another shape count as absent. */
export const Manifest = z.object({
  kind: z.literal('manifest'),
  name: z.string().nullable(),
  license: z.string().nullable(),
  engine: z.string().nullable(),
  isWorkspaceRoot: z.boolean(),
  scripts: z.array(z.string()),
  dependencies: Versions,
  devDependencies: Versions,
  optionalDependencies: Versions,
})
export type Manifest = z.infer<typeof Manifest>

/** One package that a lock file pins. `source` is where it comes from, as the lock says it; null for the registry. */
export const Locked = z.object({
  name: z.string(),
  version: z.string(),
  scope: z.enum(['runtime', 'development', 'optional']),
  /** Whether it lies where the project's own code finds it. */
  isTop: z.boolean(),
  license: z.string().nullable(),
  source: z.string().nullable(),
  hasIntegrity: z.boolean(),
  hasInstallScript: z.boolean(),
  deprecated: z.string().nullable(),
})
export type Locked = z.infer<typeof Locked>

export const Lock = z.object({ kind: z.literal('lock'), packages: z.array(Locked).max(20_000) })
export type Lock = z.infer<typeof Lock>

/** What one file says of dependencies. */
export const DependencyFile = z.discriminatedUnion('kind', [Manifest, Lock])
