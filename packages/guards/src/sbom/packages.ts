import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { findFileInside } from '../checkout.ts'

const Versions = z.record(z.string(), z.string()).default({})
const PackageJson = z.object({
  name: z.string().min(1).default('unnamed'),
  version: z.string().min(1).default('0.0.0'),
  description: z.string().optional(),
  license: z.string().min(1).optional(),
  dependencies: Versions,
  optionalDependencies: Versions,
  devDependencies: Versions,
})
export type PackageJson = z.infer<typeof PackageJson>

const LockEntry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  dev: z.boolean().default(false),
  optional: z.boolean().default(false),
  link: z.boolean().default(false),
  dependencies: Versions,
  optionalDependencies: Versions,
  peerDependencies: Versions,
})
const PackageLock = z.object({
  lockfileVersion: z.int().min(2),
  packages: z.record(z.string(), LockEntry),
})

/** One package at one place of the tree; `path` is `node_modules/a` or `node_modules/a/node_modules/b`. */
export type LockedPackage = {
  readonly path: string
  readonly name: string
  readonly version: string
  readonly integrity: string | null
  readonly license: string | null
  readonly isDev: boolean
  readonly needs: readonly string[]
}

export type RepositoryPackages =
  | {
      readonly outcome: 'read'
      readonly root: PackageJson
      readonly declared: readonly string[]
      readonly locked: readonly LockedPackage[]
    }
  | { readonly outcome: 'broken'; readonly reason: string }

const readJson = async (dir: string, file: string): Promise<unknown> => {
  if ((await findFileInside(dir, file)) === undefined) return undefined
  try {
    return JSON.parse(await readFile(join(dir, file), 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const listLocked = (packages: z.infer<typeof PackageLock>['packages']): LockedPackage[] =>
  Object.entries(packages).flatMap(([path, entry]) => {
    const at = path.lastIndexOf('node_modules/')
    if (at < 0 || entry.version === undefined || entry.link) return []
    return [
      {
        path,
        name: path.slice(at + 'node_modules/'.length),
        version: entry.version,
        integrity: entry.integrity ?? null,
        license: entry.license ?? null,
        isDev: entry.dev,
        needs: [...Object.keys(entry.dependencies), ...Object.keys(entry.optionalDependencies)],
      },
    ]
  })

/**
 * What package.json declares and package-lock.json (format 2 or later) pins. A repository without package.json
 * has no dependencies; without a lock only those declared by an exact version are pinned.
 */
export const readPackages = async (dir: string): Promise<RepositoryPackages> => {
  const root = PackageJson.safeParse((await readJson(dir, 'package.json')) ?? {})
  if (!root.success) return { outcome: 'broken', reason: 'package.json breaks the shape npm gives it.' }
  const { dependencies, optionalDependencies, devDependencies } = root.data
  const ranges = { ...devDependencies, ...optionalDependencies, ...dependencies }
  const declared = Object.keys(ranges).toSorted()
  const json = await readJson(dir, 'package-lock.json')
  if (json === undefined) {
    const exact = declared.filter((name) => /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/u.test(ranges[name] ?? ''))
    const locked = exact.map((name) => ({
      path: `node_modules/${name}`,
      name,
      version: ranges[name] ?? '',
      integrity: null,
      license: null,
      isDev: !Object.hasOwn(dependencies, name) && !Object.hasOwn(optionalDependencies, name),
      needs: [],
    }))
    return { outcome: 'read', root: root.data, declared, locked }
  }
  const lock = PackageLock.safeParse(json)
  if (!lock.success) return { outcome: 'broken', reason: 'package-lock.json is not of format 2 or later.' }
  return { outcome: 'read', root: root.data, declared, locked: listLocked(lock.data.packages) }
}

/** The package that `name` means for the one at `from`: the nearest node_modules upwards holds it. */
export const findNeeded = (
  byPath: ReadonlyMap<string, LockedPackage>,
  from: string,
  name: string,
): LockedPackage | undefined => {
  for (let at = from; ;) {
    const found = byPath.get(at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`)
    if (found !== undefined || at === '') return found
    const up = at.lastIndexOf('/node_modules/')
    at = up < 0 ? '' : at.slice(0, up)
  }
}
