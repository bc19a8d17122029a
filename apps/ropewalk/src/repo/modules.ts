import { lstat, mkdir, readdir, readFile, realpath, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256 } from '@ropewalk/core/canonical'
import type { RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import { parse } from 'yaml'
import { z } from 'zod'

/**
 * Installed packages of somebody's Node project. Nothing is installed here: that needs a network, and runs what
 * packages bring along. What the owner of a repository has installed on this machine is noted under the digest
 * of the lock file it was installed by, and lent, read-only, to commands on code with that very lock file.
 */
const Noted = z.strictObject({ folder: z.string().min(1), lock: z.string().min(1) })

const MODULES = 'node_modules'

const getNote = (home: string, digest: string): string => path.join(home, 'modules', `${digest}.json`)

type Lock = { readonly path: string; readonly digest: string }

const findLock = ({ package_managers: managers }: Pick<RepoContext, 'package_managers'>): Lock | undefined =>
  managers.find(({ manifest, lock }) => manifest === 'package.json' && lock !== null)?.lock ?? undefined

/** Notes where the packages of a repository are installed, if they are. Only its owner's own process may call it. */
export const noteModules = async (
  home: string,
  root: string,
  context: Pick<RepoContext, 'package_managers'>,
): Promise<void> => {
  const lock = findLock(context)
  const folder = path.join(root, MODULES)
  const isThere = (await lstat(folder).catch(() => undefined))?.isDirectory() === true
  if (lock === undefined || !isThere) return
  const file = getNote(home, lock.digest)
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify({ folder, lock: lock.path })}\n`, {
    mode: 0o600,
  })
  await rename(`${file}.${process.pid}`, file)
}

/** The packages that code needs: none, lent from a folder, or lacking for a reason. */
export type Modules =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'lent'; readonly folder: string; readonly lockDigest: string; readonly lock: string }
  | { readonly outcome: 'lacking'; readonly reason: string }

const Manifest = z.object({
  dependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
  devDependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
})

const LOCKS = ['pnpm-lock.yaml', 'yarn.lock', 'package-lock.json', 'npm-shrinkwrap.json']

/**
 * What a checkout needs of installed packages and whether this machine has it. The lock file of the checkout
 * decides, so that code which asks for other packages than the noted ones is not run with them.
 */
export const findModules = async (
  home: string,
  dir: string,
  /** Whether a `node_modules` found there is part of the code, or was installed by its owner. */
  own: 'part of the code' | 'installed' = 'part of the code',
): Promise<Modules> => {
  const manifest = parseManifest(await findText(path.join(dir, 'package.json')))
  const needed =
    manifest === undefined ? [] : Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  if (needed.length === 0 || (own !== 'installed' && (await bringsModules(dir)))) return { outcome: 'none' }
  const wants = `The code needs ${needed.length} packages (${needed.slice(0, 3).join(', ')}${needed.length > 3 ? ', …' : ''}), which are not part of its repository`
  const lack = (why: string): Modules => ({ outcome: 'lacking', reason: `${wants}: ${why}` })
  const lock = await findLockOf(dir)
  if (lock === undefined) return lack('it has no lock file that says which.')
  const note = await findText(getNote(home, lock.digest))
  if (note === undefined)
    return lack(
      `no folder on this machine is known to hold them as ${lock.path} has it, and none is installed during a run (that takes a network). Install them in your repository and start the run from there.`,
    )
  const { folder } = Noted.parse(JSON.parse(note))
  const problem = await findMismatch(folder, lock, path.join(dir, lock.path))
  return problem === undefined
    ? { outcome: 'lent', folder, lock: lock.path, lockDigest: lock.digest }
    : lack(`${folder} ${problem}`)
}

/** Whether the packages are part of the code. A command that was lent some leaves an empty folder behind. */
const bringsModules = async (dir: string): Promise<boolean> => {
  const folder = path.join(dir, MODULES)
  const found = await lstat(folder).catch(() => undefined)
  return found?.isDirectory() === true && (await readdir(folder)).length > 0
}

const findText = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw error
  }
}

const parseManifest = (text: string | undefined): z.infer<typeof Manifest> | undefined => {
  try {
    return text === undefined ? undefined : Manifest.safeParse(JSON.parse(text)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const findLockOf = async (dir: string): Promise<Lock | undefined> => {
  for (const name of LOCKS) {
    const text = await findText(path.join(dir, name))
    if (text !== undefined) return { path: name, digest: sha256(Buffer.from(text)) }
  }
  return undefined
}

/** Why a folder of installed packages is not what the lock file says; undefined where it is. */
const findMismatch = async (folder: string, lock: Lock, lockFile: string): Promise<string | undefined> => {
  const found = await lstat(folder).catch(() => undefined)
  if (found?.isDirectory() !== true || (await realpath(folder)) !== folder)
    return 'is no longer there; run on the machine, and with the repository, that the run was started from.'
  const wanted = (await findText(lockFile)) ?? ''
  const isSame = await IS_INSTALLED[lock.path]?.(folder, wanted)
  return isSame === true ? undefined : `does not hold what ${lock.path} says; install anew, and resume.`
}

const Packages = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), optional: z.boolean().optional() }),
  ),
})

/** npm keeps a lock file of what it really installed; packages for other systems may be left out of it. */
const isInstalledByNpm = async (folder: string, wanted: string): Promise<boolean> => {
  const kept = Packages.safeParse(parseJson((await findText(path.join(folder, '.package-lock.json'))) ?? ''))
  const asked = Packages.safeParse(parseJson(wanted))
  if (!kept.success || !asked.success) return false
  const installed = kept.data.packages
  return Object.entries(asked.data.packages).every(
    ([place, { version, optional }]) =>
      !place.includes(MODULES) ||
      installed[place]?.version === version ||
      (optional === true && installed[place] === undefined),
  )
}

/** pnpm keeps the lock file that it installed by. */
const isInstalledByPnpm = async (folder: string, wanted: string): Promise<boolean> => {
  const kept = await findText(path.join(folder, '.pnpm', 'lock.yaml'))
  return kept !== undefined && JSON.stringify(parseYaml(kept)) === JSON.stringify(parseYaml(wanted))
}

const Integrity = z.object({ lockfileEntries: z.record(z.string(), z.string()) })

/** yarn 1 keeps what each entry of its lock file was resolved to. */
const isInstalledByYarn = async (folder: string, wanted: string): Promise<boolean> => {
  const kept = Integrity.safeParse(parseJson((await findText(path.join(folder, '.yarn-integrity'))) ?? ''))
  if (!kept.success) return false
  const resolved = [...wanted.matchAll(/^ {2}resolved "([^"]+)"$/gmu)].map(([, url]) => url)
  const installed = new Set(Object.values(kept.data.lockfileEntries))
  return resolved.every((url) => url !== undefined && installed.has(url))
}

const IS_INSTALLED: Readonly<Record<string, (folder: string, wanted: string) => Promise<boolean>>> = {
  'package-lock.json': isInstalledByNpm,
  'npm-shrinkwrap.json': isInstalledByNpm,
  'pnpm-lock.yaml': isInstalledByPnpm,
  'yarn.lock': isInstalledByYarn,
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const parseYaml = (text: string): unknown => {
  try {
    return parse(text, { maxAliasCount: 0 })
  } catch {
    // A lock file that is no YAML was not written by pnpm, and equals nothing.
    return undefined
  }
}
