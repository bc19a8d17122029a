import { z } from 'zod'
import type { Manifest } from './facts.ts'

const Versions = z.record(z.string(), z.string()).catch({})
const PackageJson = z.object({
  name: z.string().max(214).nullable().catch(null),
  license: z
    .union([z.string().max(200), z.object({ type: z.string().max(200) }).transform(({ type }) => type)])
    .nullable()
    .catch(null),
  engines: z.object({ node: z.string().max(200).optional().catch(undefined) }).catch({}),
  workspaces: z.unknown().optional(),
  scripts: z.record(z.string(), z.unknown()).catch({}),
  dependencies: Versions,
  devDependencies: Versions,
  optionalDependencies: Versions,
})

/** The dependencies that a package.json declares. Throws an Error where it is no JSON object. */
export const readManifest = (text: string): Manifest => {
  const value = PackageJson.parse(JSON.parse(text.replace(/^\uFEFF/u, '')))
  return {
    kind: 'manifest',
    name: value.name,
    license: value.license,
    engine: value.engines.node ?? null,
    isWorkspaceRoot: value.workspaces !== undefined,
    scripts: Object.keys(value.scripts),
    dependencies: value.dependencies,
    devDependencies: value.devDependencies,
    optionalDependencies: value.optionalDependencies,
  }
}
