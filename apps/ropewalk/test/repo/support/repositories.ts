import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** The repository of the tests: a small Node service that somebody else wrote, with a bug in its fees. */
export const SHELF = path.resolve(import.meta.dirname, '../fixtures/lending-shelf')

/** git as its user has it, apart from who they are. */
export const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@localhost', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
    .toString()
    .trim()

export type Files = Readonly<Record<string, string>>

export const writeFiles = (dir: string, files: Files): void => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
    writeFileSync(path.join(dir, file), text)
  }
}

export const makeFolder = (): string => mkdtempSync(path.join(tmpdir(), 'ropewalk-repo-'))

/** Commits everything in a folder, which becomes a repository if it is none. */
export const commitAll = (dir: string, message = 'Begin'): string => {
  git(dir, 'init', '--quiet', '--initial-branch=main')
  git(dir, 'add', '--all', '--force')
  git(dir, 'commit', '--quiet', '--allow-empty', '--message', message)
  return git(dir, 'rev-parse', 'HEAD')
}

/** A repository of these files, with one commit on `main`. */
export const makeRepository = (parent: string, name: string, files: Files): string => {
  const dir = path.join(parent, name)
  mkdirSync(dir, { recursive: true })
  writeFiles(dir, files)
  commitAll(dir)
  return dir
}

export const copyShelf = (parent: string): string => {
  const dir = path.join(parent, 'shelf')
  cpSync(SHELF, dir, { recursive: true })
  commitAll(dir)
  return dir
}
