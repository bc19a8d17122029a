import path from 'node:path'
import { sha256 } from '@ropewalk/core/canonical'
import type { RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import type { RunRepo } from '@ropewalk/core/contract/run-plan'
import { getScratch } from '../engine/runs/take-repository.ts'
import { findModules, noteModules } from '../repo/modules.ts'
import { checkClean, openRepository, type UserRepository } from '../repo/open-repository.ts'
import { packRepository, readRepository } from '../repo/pack-repository.ts'
import type { Api } from './api.ts'
import type { Terminal } from './terminal.ts'

export type RepoFlags = { readonly repo?: string; readonly allowDirty?: boolean }

/** The repository of `--repo` with what was read of it. */
export type FoundRepository = {
  readonly repository: UserRepository
  readonly context: RepoContext
  /** Whether the packages that its code needs can be lent to its checks, in words. */
  readonly packages: string
}

const describePackages = async (home: string, root: string): Promise<string> => {
  const modules = await findModules(home, root, 'installed')
  switch (modules.outcome) {
    case 'none':
      return 'none needed, or not of Node'
    case 'lent':
      return `${modules.folder}, lent read-only`
    case 'lacking':
      return modules.reason
  }
}

/**
 * Opens and reads the repository that `--repo` names; nothing of it is run, and nothing in it is changed.
 * Undefined without the flag. Throws what `openRepository` and `checkClean` throw.
 */
export const findRepository = async (
  terminal: Terminal,
  home: string,
  flags: RepoFlags,
): Promise<FoundRepository | undefined> => {
  if (flags.repo === undefined) return undefined
  const repository = await openRepository(path.resolve(terminal.cwd, flags.repo))
  checkClean(repository, { allowDirty: flags.allowDirty === true, howToAllow: '--allow-dirty' })
  const { name, commit, branch, gitDir, root } = repository
  const { context } = await readRepository(gitDir, { name, commit, branch })
  await noteModules(home, root, context)
  return { repository, context, packages: await describePackages(home, root) }
}

/** A repository as a plan names it: what it would be sent as, without sending it. */
export const describeRepository = async (home: string, { repository }: FoundRepository): Promise<RunRepo> => {
  const { name, commit, branch } = repository
  return { name, commit, branch, bundle: sha256(await packRepository(repository, getScratch(home))) }
}

/** Hands the code of a repository to the server, which is told no folder. */
export const sendRepository = async (
  api: Pick<Api, 'uploadBundle'>,
  home: string,
  { repository }: FoundRepository,
): Promise<RunRepo> => {
  const bytes = new Uint8Array(await packRepository(repository, getScratch(home)))
  const { digest } = await api.uploadBundle(bytes)
  const { name, commit, branch } = repository
  return { name, commit, branch, bundle: digest }
}

const list = (items: readonly string[], most: number): string =>
  items.length === 0
    ? 'none'
    : items.slice(0, most).join(', ') + (items.length > most ? ` and ${items.length - most} more` : '')

const getCommandText = (command: RepoContext['commands']['test']): string =>
  command === null ? 'none found' : `${command.argv.join(' ')}   (${command.source})`

/** What was found in a repository, on one screen. */
export const layOutRepository = ({ repository, context, packages }: FoundRepository): string[] => {
  const { changed, untracked } = repository
  const left = [...changed, ...untracked]
  const { commands } = context
  return [
    `repository  ${context.name}, ${context.branch ?? 'no branch'} at ${context.commit.slice(0, 12)}`,
    `  languages  ${list(
      context.languages.map(({ name, share }) => `${name} ${Math.round(share * 100)} %`),
      6,
    )}; ${context.counts.files} files`,
    `  kind       ${context.kind}; begins at ${list(
      context.entry_points.map(({ path: entry }) => entry),
      3,
    )}`,
    `  packages   ${list(
      context.package_managers
        .filter(({ name }) => name !== 'part')
        .map(({ name, lock }) => (lock === null ? name : `${name} (${lock.path})`)),
      4,
    )}; ${context.dependencies} asked for`,
    `  installed  ${packages}`,
    `  build      ${getCommandText(commands.build)}`,
    `  test       ${getCommandText(commands.test)}`,
    `  lint       ${getCommandText(commands.lint)}`,
    `  start      ${getCommandText(commands.start)}`,
    `  tests      ${context.counts.tests} files${
      context.test_runner === null || context.test_runner === 'node:test'
        ? ''
        : `; ${context.test_runner} gives no report that can be sealed, so its tests verify no requirement`
    }`,
    `  texts      ${list(
      context.excerpts.map(({ path: file }) => file),
      4,
    )}`,
    `  documents  ${list(
      context.specs.map(({ path: file }) => file),
      4,
    )}`,
    ...(left.length === 0 ? [] : [`  left out   ${list(left, 4)}: not committed`]),
    ...context.notes.slice(0, 5).map((note) => `  note       ${note}`),
  ]
}
