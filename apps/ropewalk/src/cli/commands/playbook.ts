import { statSync } from 'node:fs'
import path from 'node:path'
import { diffPlaybooks, type PartChange } from '../../engine/playbook/diff-playbook.ts'
import { formatFault, type PlaybookFault } from '../../engine/playbook/fault.ts'
import { isWholePlaybook, type PlaybookLayers } from '../../engine/playbook/read-files.ts'
import { judgePlaybook, type JudgedPlaybook } from '../../engine/playbook/read-playbook.ts'
import { writeExample } from '../../engine/playbook/write-example.ts'
import { getPlaybookLayers, getProjectPlaybookDir } from '../playbook-dir.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import { clean, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'

const isFolder = (dir: string): boolean => statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * The playbook that a command is about: without a folder the one that runs started here would have; else a whole
 * playbook, a project, or a project's playbook folder. Throws INVALID_ARGUMENT for a folder that is not there.
 */
const readLayers = async (
  terminal: Terminal,
  folder: string | undefined,
  flags: CommonFlags,
): Promise<PlaybookLayers> => {
  const layers = getPlaybookLayers(await readSettings(terminal, flags))
  if (folder === undefined) return layers
  const dir = path.resolve(terminal.cwd, folder)
  if (!isFolder(dir))
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `there is no folder ${dir}`,
      why: 'expected a playbook, a project, or the playbook folder of a project',
      next: 'Name another folder, or none for the playbook that runs from here use.',
    })
  if (isWholePlaybook(dir)) return { base: dir, project: null }
  const inner = getProjectPlaybookDir(dir)
  if (isFolder(inner)) return { base: layers.base, project: inner }
  if (isFolder(path.join(dir, 'phases')) || isFolder(path.join(dir, 'agents')))
    return { base: layers.base, project: dir }
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: `there is no playbook in ${dir}`,
    why: 'it has neither .ropewalk/playbook nor phases/ nor agents/',
    next: './ropewalk playbook init makes one in the folder you are in.',
  })
}

const printFaults = (terminal: Terminal, faults: readonly PlaybookFault[]): void => {
  for (const fault of faults) terminal.out(clean(formatFault(fault)))
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

const describe = ({ phases, agents }: JudgedPlaybook): string =>
  `${count(phases.phases.length, 'phase')} and ${count(agents.agents.length, 'agent')}`

/** Makes this project's playbook folder with a commented example. What is there already is left as it is. */
export const init = (terminal: Terminal, flags: CommonFlags): Promise<number> => {
  const dir = getProjectPlaybookDir(terminal.cwd)
  const written = writeExample(dir)
  if (flags.json === true) terminal.out(JSON.stringify({ dir, ...written }))
  else {
    for (const name of written.created) terminal.out(`made  ${path.join(dir, name)}`)
    for (const name of written.kept) terminal.out(`kept  ${path.join(dir, name)}`)
    terminal.say('The examples change nothing yet. Uncomment what you want, then: ./ropewalk playbook check')
  }
  return Promise.resolve(EXIT.ok)
}

/** Tells every fault of a playbook; exit 0 where there is none. */
export const check = async (
  terminal: Terminal,
  folder: string | undefined,
  flags: CommonFlags,
): Promise<number> => {
  const layers = await readLayers(terminal, folder, flags)
  const judged = judgePlaybook(layers)
  const { faults, pinned } = judged
  if (flags.json === true)
    terminal.out(JSON.stringify({ ok: faults.length === 0, ...layers, hash: pinned?.hash ?? null, faults }))
  else {
    printFaults(terminal, faults)
    const over = layers.project === null ? '' : `, with ${layers.project} over it`
    terminal.say(
      faults.length === 0
        ? `${layers.base}${over}: ${describe(judged)}, no fault. Hash ${pinned?.hash ?? ''}.`
        : `${count(faults.length, 'fault')}.`,
    )
  }
  return faults.length === 0 ? EXIT.ok : EXIT.failure
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const

const printPart = (terminal: Terminal, kind: string, part: PartChange): void => {
  terminal.out(clean(`${SIGNS[part.change]} ${kind} ${part.name}  (${part.file})`))
  for (const { key, from, to } of part.changes)
    terminal.out(clean(`    ${key}: ${from ?? '(none)'} → ${to ?? '(none)'}`))
}

/** Tells what a project changes of the playbook below it, phase by phase and agent by agent. */
export const diff = async (
  terminal: Terminal,
  folder: string | undefined,
  flags: CommonFlags,
): Promise<number> => {
  const own = getPlaybookLayers(await readSettings(terminal, flags))
  const layers = await readLayers(terminal, folder, flags)
  const judged = judgePlaybook(layers)
  const { phases, agents } = diffPlaybooks(judgePlaybook({ base: own.base, project: null }), judged)
  const { faults } = judged
  if (flags.json === true)
    terminal.out(
      JSON.stringify({ base: own.base, project: layers.project ?? layers.base, phases, agents, faults }),
    )
  else {
    for (const part of phases) printPart(terminal, 'phase', part)
    for (const part of agents) printPart(terminal, 'agent', part)
    if (phases.length + agents.length === 0) terminal.say('Nothing is changed.')
    if (faults.length > 0)
      terminal.say(`${count(faults.length, 'fault')}; ./ropewalk playbook check tells them.`)
  }
  return faults.length === 0 ? EXIT.ok : EXIT.failure
}
