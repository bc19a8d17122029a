import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A copy of the repository's files as they are now, in which bugs can be planted. */
export type ScratchCopy = {
  readonly folder: string
  /** Plants a patch; gives git's words when it does not apply cleanly. */
  readonly apply: (patch: string) => Promise<string | undefined>
  /** Takes back whatever was planted. */
  readonly restore: () => Promise<void>
}

/** The folders that have dependencies of their own; their links into each other are relative and so stay in the copy. */
const listPackages = async (root: string): Promise<readonly string[]> => {
  const groups = await Promise.all(
    ['apps', 'packages'].map(async (group) =>
      (await readdir(join(root, group))).map((name) => join(group, name)),
    ),
  )
  return groups.flat()
}

const linkDependencies = async (root: string, folder: string): Promise<void> => {
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const name of await listPackages(root)) {
    const own = join(root, name, 'node_modules')
    // Copied link by link, so that our packages find each other here and not in the original.
    await cp(own, join(folder, name, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.includes('/node_modules/.'),
    }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    })
  }
}

const git = async (folder: string, args: readonly string[], input?: string): Promise<string | undefined> => {
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const child = spawn('git', args, { cwd: folder, stdio: [stdin, 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)))
  // git may have refused a patch before it has read all of it; its exit code and words tell.
  child.stdin?.on('error', (error) => (said += error.message))
  child.stdin?.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0 ? undefined : said.trim() || `git ended with ${String(code)}`
}

const expectDone = async (folder: string, args: readonly string[]): Promise<void> => {
  const trouble = await git(folder, args)
  if (trouble !== undefined) throw new Error(`git ${args.join(' ')}: ${trouble}`)
}

/** Copies what git knows or would take, with changes that were not committed, into `folder`. */
export const makeScratchCopy = async (root: string, folder: string): Promise<ScratchCopy> => {
  const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  })
  for (const name of listed.stdout.split('\0').filter((entry) => entry !== '')) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await cp(join(root, name), join(folder, name), { verbatimSymlinks: true }).catch((error: unknown) => {
      // Deleted and not committed yet.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    })
  }
  // A repository of its own, with nobody's hooks and settings, to go back to after each bug.
  const quiet = [
    '-c',
    'user.name=planted',
    '-c',
    'user.email=planted@localhost',
    '-c',
    'core.hooksPath=/dev/null',
  ]
  await expectDone(folder, ['init', '--quiet'])
  await expectDone(folder, ['add', '--all'])
  await expectDone(folder, [...quiet, 'commit', '--quiet', '--no-gpg-sign', '--message', 'As it is'])
  await linkDependencies(root, folder)
  return {
    folder,
    apply: (patch) => git(folder, ['apply', '--whitespace=nowarn', '-'], patch),
    restore: async () => {
      await expectDone(folder, ['checkout', '--quiet', '--force', '.'])
      await rm(join(folder, 'coverage'), { recursive: true, force: true })
    },
  }
}
