import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import type { PlaybookFault } from './fault.ts'
import { readAgentFile, readYamlFile, type SourceFile } from './source-file.ts'
import { findNearest } from './suggest.ts'

/** A whole playbook, and a project's files over it. */
export type PlaybookLayers = {
  readonly base: string
  /** A folder of the same layout whose files replace those of the base or add to them; null where none is. */
  readonly project: string | null
}

export type PlaybookFiles = {
  readonly phases: readonly SourceFile[]
  readonly agents: readonly SourceFile[]
  /** Templates of backlogs, `backlogs/*.yaml`. */
  readonly backlogs: readonly SourceFile[]
  readonly prices: SourceFile
  /** How strict unclear requests are taken; null where a playbook leaves that as it is built in. */
  readonly ambiguity: SourceFile | null
  /** Files of the base that a file of the project stands for. */
  readonly replaced: readonly SourceFile[]
  readonly faults: readonly PlaybookFault[]
}

const PRICES = 'prices.yaml'
const AMBIGUITY = 'ambiguity.yaml'
const FOLDERS = ['phases', 'agents', 'backlogs'] as const

/** A playbook that a person keeps has some tens of files; more is another folder than was meant. */
const MAX_FILES = 2000

const listNames = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((name) => !name.split('/').some((part) => part.startsWith('.')))
    .toSorted()

const isFolder = (dir: string): boolean => statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true

/** Whether a folder is a playbook that stands alone: only those have prices. */
export const isWholePlaybook = (dir: string): boolean =>
  statSync(path.join(dir, PRICES), { throwIfNoEntry: false })?.isFile() === true

const judgeName = (name: string, isProject: boolean): Pick<PlaybookFault, 'problem' | 'fix'> | undefined => {
  const [folder = '', ...rest] = name.split('/')
  if (rest.length === 0) {
    if (folder === PRICES && isProject)
      return {
        problem:
          'expected phases and agents only: prices decide what a budget buys, so a project may not set them.',
        fix: 'Remove it; a playbook of your own (ROPEWALK_PLAYBOOK) may have prices.',
      }
    return folder === PRICES || folder === AMBIGUITY || !/\.ya?ml$/u.test(folder)
      ? undefined
      : { problem: `no playbook has a file ${name} here.`, fix: 'Move it to phases/ or remove it.' }
  }
  if (!FOLDERS.some((each) => each === folder)) {
    const meant = findNearest(folder, FOLDERS)
    return meant === undefined
      ? undefined
      : {
          problem: `nothing reads the folder ${folder}; expected ${FOLDERS.join(' or ')}.`,
          fix: `Did you mean ${meant}/?`,
        }
  }
  const [wanted, depth] = folder === 'agents' ? ['.md', 2] : ['.yaml', 1]
  if (path.posix.extname(name) === wanted && rest.length === depth) return undefined
  if (/readme\.md$/iu.test(name)) return undefined
  const layout = { phases: 'phases/PHASE.yaml', backlogs: 'backlogs/TEMPLATE.yaml' }[folder]
  return {
    problem: `${name} is not read; expected ${layout ?? 'agents/PHASE/AGENT.md'}.`,
    fix: 'Rename or move it.',
  }
}

type Layer = { readonly files: readonly SourceFile[]; readonly faults: readonly PlaybookFault[] }

const readLayer = (dir: string, isProject: boolean): Layer => {
  const names = listNames(dir)
  if (names.length > MAX_FILES)
    throw new RopewalkError('PLAYBOOK_INVALID', `${dir} holds ${names.length} files; this is not a playbook.`)
  const files: SourceFile[] = []
  const faults: PlaybookFault[] = []
  for (const name of names) {
    const file = { path: path.join(dir, name), name, isProject }
    const wrong = judgeName(name, isProject)
    if (wrong !== undefined) faults.push({ path: file.path, line: 1, column: 1, ...wrong })
    else if (/^(?:phases|backlogs)\/[^/]+\.yaml$/u.test(name) || name === PRICES || name === AMBIGUITY)
      files.push(readYamlFile(file, readFileSync(file.path, 'utf8')))
    else if (/^agents\/[^/]+\/[^/]+\.md$/u.test(name) && !/readme\.md$/iu.test(name))
      files.push(readAgentFile(file, readFileSync(file.path, 'utf8')))
  }
  return { files, faults }
}

/**
 * The files of a playbook, each name once: the project's where it has one, else the base's. Files that hold only
 * comments are left out, so that an example stands for nothing. Throws PLAYBOOK_INVALID for a folder that is none.
 */
export const readPlaybookFiles = ({ base, project }: PlaybookLayers): PlaybookFiles => {
  if (!isFolder(base) || !isWholePlaybook(base))
    throw new RopewalkError(
      'PLAYBOOK_INVALID',
      `${base} is not a playbook: expected ${PRICES}, phases/ and agents/ in it. Name another folder.`,
    )
  const own = readLayer(base, false)
  const over = project === null ? { files: [], faults: [] } : readLayer(project, true)
  const given = over.files.filter(({ isBlank }) => !isBlank)
  const names = new Set(given.map(({ name }) => name))
  const kept = own.files.filter(({ name, isBlank }) => !names.has(name) && (!isBlank || name === PRICES))
  const files = [...kept, ...given].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const prices = files.find(({ name }) => name === PRICES)
  if (prices === undefined)
    throw new RopewalkError('INVARIANT_BROKEN', 'A whole playbook has lost its prices.')
  return {
    phases: files.filter(({ name }) => name.startsWith('phases/')),
    agents: files.filter(({ name }) => name.startsWith('agents/')),
    backlogs: files.filter(({ name }) => name.startsWith('backlogs/')),
    prices,
    ambiguity: files.find(({ name }) => name === AMBIGUITY) ?? null,
    replaced: own.files.filter(({ name }) => names.has(name)),
    faults: [...own.faults, ...over.faults],
  }
}
