import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { MANIFEST_FILE } from '@ropewalk/core/dossier/index-file'
import { z } from 'zod'
import { getDossierDir } from '../../engine/dossier/build-dossier.ts'
import { getLandedText, landRun } from '../land-run.ts'
import { findOrigin } from '../origins.ts'
import { pickRunId } from '../run-ref.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'

export type ExportFlags = CommonFlags & { readonly to: string }

export type ExportRunFlags = CommonFlags & {
  readonly to?: string
  readonly branch?: string | true
  readonly repo?: string
}

/** Dossiers of this home, newest first: ids sort by time. */
const listDossiers = (home: string): readonly string[] => {
  const dir = path.join(home, 'dossiers')
  return existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => !name.endsWith('.new'))
        .toSorted()
        .toReversed()
    : []
}

/** The dossier folder of a run of this home. Needs no database. Throws NOT_FOUND. */
export const findDossierDir = (home: string, reference: string): string => {
  const ids = listDossiers(home)
  try {
    return getDossierDir(home, pickRunId(reference, ids) as Parameters<typeof getDossierDir>[1])
  } catch (cause) {
    throw makeTrouble({
      code: 'NOT_FOUND',
      what: `there is no dossier of ${JSON.stringify(reference.slice(0, 60))} here`,
      why: `it is made when a run ends; ${ids.length} are in ${path.join(home, 'dossiers')}`,
      next: 'Run ./ropewalk runs list to see how the run stands, or ./ropewalk runs resume RUN to finish it.',
      cause,
    })
  }
}

/** A folder that may be filled: it is not there yet, or empty. */
const prepareTarget = (terminal: Terminal, to: string): string => {
  const target = path.resolve(terminal.cwd, to)
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `${target} is not empty`,
      why: 'nothing there is to be overwritten',
      next: 'Name a folder that does not exist yet.',
    })
  }
  mkdirSync(path.dirname(target), { recursive: true })
  return target
}

/** Copies a folder so that it is there whole or not at all. */
const copyFolder = (source: string, target: string): void => {
  const temporary = `${target}.${process.pid}.new`
  cpSync(source, temporary, { recursive: true })
  rmSync(target, { recursive: true, force: true })
  renameSync(temporary, target)
}

/** `dossier export`: a copy of the signed folder, as it is. */
export const exportDossier = async (
  terminal: Terminal,
  reference: string,
  flags: ExportFlags,
): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const source = findDossierDir(home, reference)
  const target = prepareTarget(terminal, flags.to)
  copyFolder(source, target)
  if (flags.json === true) terminal.out(JSON.stringify({ dossier: target }))
  else terminal.out(target)
  terminal.say(`Anyone can check it: ./ropewalk dossier verify ${target}`)
  return EXIT.ok
}

const Manifest = z.looseObject({
  run: z.looseObject({ commit: z.string().nullable() }),
  artifacts: z.array(
    z.looseObject({ name: z.string(), version: z.int(), phase: z.string(), commit: z.string().nullable() }),
  ),
  files: z.array(z.looseObject({ path: z.string() })),
})

/** The bundle with the code that was accepted, as the dossier names it; undefined where the run has none. */
const findBundle = (dossier: string): { readonly file: string; readonly commit: string } | undefined => {
  const { run, artifacts, files } = Manifest.parse(
    JSON.parse(readFileSync(path.join(dossier, MANIFEST_FILE), 'utf8')),
  )
  const code = artifacts.findLast(({ commit }) => commit !== null && commit === run.commit)
  if (code === undefined || run.commit === null) return undefined
  const beginning = `artifacts/${code.phase}/${code.name}-v${code.version}.`
  const file = files.find((each) => each.path.startsWith(beginning))
  return file === undefined ? undefined : { file: path.join(dossier, file.path), commit: run.commit }
}

/** What is left of the environment for git: no setting of a person or machine has a say over foreign code. */
const GIT_ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  HOME: '/nonexistent',
}
const GIT_SETTINGS = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.symlinks=false',
  '-c',
  'transfer.fsckObjects=true',
]

const run = promisify(execFile)

/** Checks code out of a bundle, at the commit that was accepted. */
const checkOut = async (
  bundle: { readonly file: string; readonly commit: string },
  target: string,
): Promise<void> => {
  const git = (...args: string[]) => run('git', [...GIT_SETTINGS, ...args], { env: GIT_ENV, timeout: 60_000 })
  try {
    await git('clone', '--quiet', '--branch', 'main', '--', bundle.file, target)
    await git('-C', target, 'reset', '--quiet', '--hard', bundle.commit)
    // It would name a file that may be gone tomorrow.
    await git('-C', target, 'remote', 'remove', 'origin')
  } catch (cause) {
    throw makeTrouble({
      code: 'INTERNAL',
      what: 'the code could not be checked out',
      why: cause instanceof Error ? cause.message.trim() : String(cause),
      next: 'Install git if it is missing; ./ropewalk dossier verify RUN tells whether the dossier is whole.',
      cause,
    })
  }
}

/** `runs export`: into a folder, or onto a branch of the repository that the run started from. */
export const exportRun = async (
  terminal: Terminal,
  reference: string,
  flags: ExportRunFlags,
): Promise<number> => {
  const { to, branch, repo } = flags
  if (to !== undefined && branch === undefined && repo === undefined)
    return exportToFolder(terminal, reference, { ...flags, to })
  if (to === undefined && (branch !== undefined || repo !== undefined))
    return exportToBranch(terminal, reference, flags)
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: to === undefined ? 'nowhere to export to was named' : 'a folder and a branch were both named',
    why: 'an export goes into a folder, or onto a branch of a repository',
    next: './ropewalk runs export RUN --to DIR, or ./ropewalk runs export RUN --branch NAME --repo PATH',
  })
}

/** The accepted code and the documents, as a branch of somebody's repository. */
const exportToBranch = async (
  terminal: Terminal,
  reference: string,
  flags: ExportRunFlags,
): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const dossier = findDossierDir(home, reference)
  const named = flags.repo === undefined ? undefined : path.resolve(terminal.cwd, flags.repo)
  const folder = named ?? findOrigin(home, path.basename(dossier))
  if (folder === undefined) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'it is not known which repository the branch is for',
      why: 'the run was not started from a folder of this machine',
      next: 'Name the repository with --repo PATH.',
    })
  }
  const branch = flags.branch === true ? undefined : flags.branch
  const landed = await landRun({ home, dossier, folder, branch })
  if (flags.json === true) terminal.out(JSON.stringify(landed))
  else terminal.out(getLandedText(landed))
  terminal.say(`Look at it: git -C '${landed.root}' log -p ${landed.branch}`)
  return EXIT.ok
}

/** The dossier, and beside it the code as a repository that runs. */
const exportToFolder = async (terminal: Terminal, reference: string, flags: ExportFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const source = findDossierDir(home, reference)
  const target = prepareTarget(terminal, flags.to)
  const temporary = `${target}.${process.pid}.new`
  try {
    cpSync(source, path.join(temporary, 'dossier'), { recursive: true })
    const bundle = findBundle(source)
    if (bundle !== undefined) await checkOut(bundle, path.join(temporary, 'code'))
    rmSync(target, { recursive: true, force: true })
    renameSync(temporary, target)
    const code = bundle === undefined ? null : path.join(target, 'code')
    const dossier = path.join(target, 'dossier')
    if (flags.json === true) terminal.out(JSON.stringify({ dossier, code, commit: bundle?.commit ?? null }))
    else terminal.out(target)
    terminal.say(
      code === null
        ? 'This run accepted no code; the folder holds its dossier only.'
        : `Run it: cd '${code}' && npm start      Its tests: node --test`,
    )
    return EXIT.ok
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
