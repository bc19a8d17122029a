import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { findFileInside } from '../checkout.ts'
import type { Locked } from '../scan/dependencies/facts.ts'
import { readDependencies } from '../scan/dependencies/read-dependencies.ts'

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
  /** Names of what it depends on; null where the lock was read without its edges. */
  readonly needs: readonly string[] | null
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

/** Locks of other package managers, at the root of the repository. */
const OTHER_LOCKS = ['pnpm-lock.yaml', 'yarn.lock'] as const

/** Where a package would lie if all were installed flat: the one the project itself uses under its bare name. */
const placeFlat = (packages: readonly Locked[]): LockedPackage[] => {
  const taken = new Set<string>()
  return packages
    .filter(({ version, name }) => version !== '' && name !== '')
    .toSorted((a, b) => Number(b.isTop) - Number(a.isTop))
    .flatMap(({ name, version, license, scope }) => {
      const bare = `node_modules/${name}`
      const path = taken.has(bare) ? `${bare}@${version}` : bare
      if (taken.has(path)) return []
      taken.add(path)
      return [{ path, name, version, integrity: null, license, isDev: scope === 'development', needs: null }]
    })
}

/** The packages of another manager's lock; undefined where there is none, null where it cannot be read. */
const findOtherLocked = async (dir: string): Promise<LockedPackage[] | null | undefined> => {
  for (const file of OTHER_LOCKS) {
    if ((await findFileInside(dir, file)) === undefined) continue
    const packages = (await readDependencies(dir)).locks.get(file)
    return packages === undefined ? null : placeFlat(packages)
  }
  return undefined
}

/**
 * What package.json declares and a lock pins: package-lock.json or npm-shrinkwrap.json (format 2 or later), else
 * pnpm-lock.yaml or yarn.lock, without who needs whom. A repository without package.json has no dependencies;
 * without a lock only those declared by an exact version are pinned.
 */
export const readPackages = async (dir: string): Promise<RepositoryPackages> => {
  const root = PackageJson.safeParse((await readJson(dir, 'package.json')) ?? {})
  if (!root.success) return { outcome: 'broken', reason: 'package.json breaks the shape npm gives it.' }
  const { dependencies, optionalDependencies, devDependencies } = root.data
  const ranges = { ...devDependencies, ...optionalDependencies, ...dependencies }
  const declared = Object.keys(ranges).toSorted()
  const own = await readJson(dir, 'package-lock.json')
  const json = own === undefined ? await readJson(dir, 'npm-shrinkwrap.json') : own
  const other = json === undefined ? await findOtherLocked(dir) : undefined
  if (other === null) return { outcome: 'broken', reason: 'The lock file cannot be read.' }
  if (other !== undefined) return { outcome: 'read', root: root.data, declared, locked: other }
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
