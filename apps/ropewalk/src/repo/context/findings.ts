import type { ProjectCommand, RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import type { CommitFiles } from '../read-commit.ts'

export type CommandName = keyof RepoContext['commands']

/** What one kind of manifest tells of a project. What it is silent about is left out. */
export type Findings = {
  readonly manager: { readonly name: string; readonly manifest: string; readonly locks: readonly string[] }
  readonly dependencies?: number
  readonly kind?: RepoContext['kind']
  readonly entries?: RepoContext['entry_points']
  readonly commands?: Readonly<Partial<Record<CommandName, ProjectCommand>>>
  readonly testRunner?: string
  readonly notes?: readonly string[]
}

/** Reads one kind of manifest; undefined where the commit has none. Never throws for what a file says. */
export type Finder = (files: CommitFiles) => Promise<Findings | undefined>

export const hasFile = (files: CommitFiles, path: string): boolean =>
  files.entries.some((entry) => entry.path === path)

/** The first of these paths that the commit has. */
export const findFirst = (files: CommitFiles, paths: readonly string[]): string | undefined =>
  paths.find((path) => hasFile(files, path))

/** A path as it may stand in a document: relative, not outside, not too long. */
export const cleanPath = (path: string): string | undefined => {
  const plain = path.replace(/^\.\//u, '')
  const isFit =
    plain !== '' && plain.length <= 300 && !plain.startsWith('/') && !plain.split('/').includes('..')
  return isFit && plain.isWellFormed() ? plain : undefined
}

/** A command, unless its words do not fit into a document. */
export const makeCommand = (argv: readonly string[], source: string): ProjectCommand | undefined =>
  argv.length > 0 &&
  argv.length <= 60 &&
  argv.every((word) => word.length > 0 && word.length <= 300 && word.isWellFormed())
    ? { argv: [...argv], source: source.slice(0, 300) }
    : undefined

export const withoutUndefined = <T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
