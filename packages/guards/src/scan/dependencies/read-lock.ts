import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import type { Lock, Locked } from './facts.ts'

const REGISTRY = /^https:\/\/(?:registry\.npmjs\.org|registry\.yarnpkg\.com)\//u
const MAX_ALIASES = 100

const flag = z.boolean().catch(false)
const word = z.string().nullable().catch(null)

const NpmLock = z.object({
  lockfileVersion: z.int().min(2),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional().catch(undefined),
      resolved: word,
      integrity: word,
      license: word,
      deprecated: word,
      dev: flag,
      optional: flag,
      link: flag,
      inBundle: flag,
      hasInstallScript: flag,
    }),
  ),
})

/** package-lock.json and npm-shrinkwrap.json of format 2 or later. */
const readNpmLock = (text: string): Locked[] =>
  Object.entries(NpmLock.parse(JSON.parse(text)).packages).flatMap(([path, entry]) => {
    const at = path.lastIndexOf('node_modules/')
    if (at < 0 || entry.version === undefined || entry.link) return []
    const isRegistry = entry.resolved === null || REGISTRY.test(entry.resolved)
    return [
      {
        name: path.slice(at + 'node_modules/'.length),
        version: entry.version,
        scope: entry.dev ? 'development' : entry.optional ? 'optional' : 'runtime',
        isTop: at === 0,
        license: entry.license,
        source: isRegistry ? null : entry.resolved,
        // What comes inside another package is covered by that one's digest.
        hasIntegrity: entry.integrity !== null || entry.inBundle,
        hasInstallScript: entry.hasInstallScript,
        deprecated: entry.deprecated,
      },
    ]
  })

const PnpmLock = z.object({
  lockfileVersion: z.coerce.number().min(6),
  importers: z.record(z.string(), z.record(z.string(), z.unknown())).catch({}),
  packages: z
    .record(
      z.string(),
      z.object({
        resolution: z
          .object({ integrity: word, tarball: word, repo: word })
          .catch({ integrity: null, tarball: null, repo: null }),
        requiresBuild: flag,
        deprecated: word,
        dev: flag,
        optional: flag,
      }),
    )
    .nullable()
    .default({}),
})

/** `name@version` without pnpm's leading slash and the peers it stands with. */
const splitPnpmKey = (key: string): { name: string; version: string } => {
  const plain = key.replace(/^\//u, '')
  const peers = plain.indexOf('(')
  const whole = peers < 0 ? plain : plain.slice(0, peers)
  const at = whole.indexOf('@', 1)
  return at < 0 ? { name: whole, version: '' } : { name: whole.slice(0, at), version: whole.slice(at + 1) }
}

const listDirect = (importers: z.infer<typeof PnpmLock>['importers'], key: string): Set<string> =>
  new Set(
    Object.values(importers).flatMap((importer) => {
      const part = importer[key]
      return typeof part === 'object' && part !== null ? Object.keys(part) : []
    }),
  )

/** pnpm-lock.yaml of format 6 or later. It says of direct dependencies alone whether they are for development. */
const readPnpmLock = (text: string): Locked[] => {
  const lock = PnpmLock.parse(parseYaml(text, { maxAliasCount: MAX_ALIASES }))
  const runtime = listDirect(lock.importers, 'dependencies')
  const development = listDirect(lock.importers, 'devDependencies')
  return Object.entries(lock.packages ?? {}).map(([key, entry]) => {
    const { name, version } = splitPnpmKey(key)
    const { tarball, repo, integrity } = entry.resolution
    const source = repo ?? (tarball === null || REGISTRY.test(tarball) ? null : tarball)
    const isDevelopment = entry.dev || (development.has(name) && !runtime.has(name))
    return {
      name,
      version,
      scope: isDevelopment ? 'development' : entry.optional ? 'optional' : 'runtime',
      isTop: runtime.has(name) || development.has(name),
      license: null,
      source,
      hasIntegrity: integrity !== null,
      hasInstallScript: entry.requiresBuild,
      deprecated: entry.deprecated,
    }
  })
}

const makeYarnPackage = (
  name: string,
  version: string,
  source: string | null,
  hasIntegrity: boolean,
): Locked => ({
  name,
  version,
  scope: 'runtime',
  isTop: false,
  license: null,
  source,
  hasIntegrity,
  hasInstallScript: false,
  deprecated: null,
})

/** yarn.lock of version 1: blocks of lines, of which the first names what was asked for. */
const readYarnLock = (text: string): Locked[] => {
  const found: Locked[] = []
  for (const block of text.split(/\n(?=\S)/u)) {
    const [head = ''] = block.split('\n', 1)
    if (head.startsWith('#') || !head.endsWith(':')) continue
    const [first = ''] = head.slice(0, -1).split(',', 1)
    const spec = first.replaceAll('"', '').trim()
    const at = spec.indexOf('@', 1)
    const getField = (key: string) =>
      new RegExp(`^ {2}${key} "?([^"\\n]{1,1000})"?$`, 'mu').exec(block)?.[1] ?? null
    const resolved = getField('resolved')
    if (at < 0) continue
    found.push(
      makeYarnPackage(
        spec.slice(0, at),
        getField('version') ?? '',
        resolved === null || REGISTRY.test(resolved) ? null : resolved,
        getField('integrity') !== null,
      ),
    )
  }
  return found
}

const BerryLock = z.record(
  z.string(),
  z.object({
    version: z.coerce.string().default(''),
    resolution: z.string().default(''),
    checksum: z.unknown().optional(),
    linkType: z.string().optional(),
  }),
)

/** yarn.lock of version 2 or later, which is YAML. */
const readBerryLock = (text: string): Locked[] => {
  const { __metadata: _, ...entries } = BerryLock.parse(parseYaml(text, { maxAliasCount: MAX_ALIASES }))
  return Object.values(entries).flatMap(({ version, resolution, checksum, linkType }) => {
    if (linkType === 'soft') return []
    const at = resolution.indexOf('@', 1)
    const from = resolution.slice(at + 1)
    return [
      makeYarnPackage(
        resolution.slice(0, at),
        version,
        from.startsWith('npm:') ? null : from,
        checksum !== undefined,
      ),
    ]
  })
}

/** What a lock file pins, by the name of the file. Throws an Error where it cannot be read. */
export const readLock = (file: string, text: string): Lock => {
  const read = () => {
    if (file.endsWith('pnpm-lock.yaml')) return readPnpmLock(text)
    if (!file.endsWith('yarn.lock')) return readNpmLock(text)
    return /^__metadata:/mu.test(text) ? readBerryLock(text) : readYarnLock(text)
  }
  return { kind: 'lock', packages: read() }
}
