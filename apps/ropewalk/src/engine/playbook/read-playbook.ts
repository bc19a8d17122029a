import { NO_ESTIMATE } from '@ropewalk/core/contract/run-plan'
import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { AmbiguitySettings } from '@ropewalk/core/contract/ambiguity'
import { Playbook, Price } from '@ropewalk/core/contract/playbook'
import { RopewalkError } from '@ropewalk/core/errors'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import { z } from 'zod'
import { checkArtifacts } from './check-artifacts.ts'
import { type Book, checkOrder, checkPhase, type WholePhase } from './check-phases.ts'
import { makeFaultError, type PlaybookFault, sortFaults } from './fault.ts'
import { judgeContract } from './judge-contract.ts'
import { type LoadedAgents, loadAgents } from './load-agents.ts'
import { loadBacklogs, type PinnedTemplate } from './load-backlogs.ts'
import { type LoadedPhases, loadPhases } from './load-phases.ts'
import { type PlaybookFiles, type PlaybookLayers, readPlaybookFiles } from './read-files.ts'

/**
 * A playbook with the hash that a run is pinned to. Templates of backlogs go beside it with hashes of their own:
 * they are no part of what a run does.
 */
export type PinnedPlaybook = {
  readonly playbook: Playbook
  readonly hash: string
  readonly templates?: readonly PinnedTemplate[]
  readonly ambiguity?: AmbiguitySettings
}

/** A playbook as its files have it. `pinned` is null where there are faults. */
export type JudgedPlaybook = {
  readonly pinned: PinnedPlaybook | null
  readonly faults: readonly PlaybookFault[]
  readonly files: PlaybookFiles
  readonly phases: LoadedPhases
  readonly agents: LoadedAgents
}

/** Playbooks with files of a project over them carry another name, so that a dossier shows it. */
const NAMES = { whole: 'ropewalk', project: 'ropewalk.project' } as const

const isWhole = (phase: LoadedPhases['phases'][number]): phase is WholePhase => phase.definition !== undefined

/** The hash that names a playbook in plans and dossiers. */
export const pinPlaybook = (playbook: Playbook): PinnedPlaybook => ({
  playbook,
  hash: sha256(canonicalText(playbook)),
})

const findFile = (phases: LoadedPhases, agents: LoadedAgents, details: Readonly<Record<string, unknown>>) => {
  const agent = Array.isArray(details['circular']) ? (details['circular'][0] as unknown) : details['agent']
  const file = agents.agents.find(({ name }) => name === agent)?.file
  if (file !== undefined) return { file, where: ['inputs'] }
  const phase = phases.phases.find(({ name }) => name === details['phase']) ?? phases.phases[0]
  return phase === undefined ? undefined : { file: phase.file, where: ['phase'] }
}

/** What only shows when a plan is made of it: agents that wait for each other, settings that are too large. */
const checkPlan = (playbook: Playbook, phases: LoadedPhases, agents: LoadedAgents): PlaybookFault[] => {
  try {
    makeRunPlan({
      playbook,
      playbookHash: sha256(''),
      idea: 'a check',
      repo: null,
      models: [],
      capMicros: 0,
      clarification: 'autonomous',
      questionDeadlineMs: 0,
      unconfined: false,
      estimate: NO_ESTIMATE,
    })
    return []
  } catch (error) {
    if (!(error instanceof RopewalkError) || error.code !== 'PLAYBOOK_INVALID') throw error
    const found = findFile(phases, agents, error.details)
    if (found === undefined) throw error
    const { file, where } = found
    return [{ path: file.path, ...file.locate(where), problem: error.message, fix: 'Change what it names.' }]
  }
}

const makePlaybook = (
  files: PlaybookFiles,
  of: {
    readonly phases: LoadedPhases
    readonly agents: LoadedAgents
    readonly prices: readonly z.infer<typeof Price>[]
  },
): Playbook => {
  const isProject = [...files.phases, ...files.agents].some((file) => file.isProject)
  return Playbook.parse({
    name: isProject ? NAMES.project : NAMES.whole,
    phases: of.phases.phases.map(({ definition }) => definition),
    agents: of.agents.agents.map(({ definition }) => definition),
    prices: of.prices,
  })
}

/** Tells where the changed copy of a file goes that came with the program. */
const pointToProject = (faults: readonly PlaybookFault[], files: PlaybookFiles, project: string | null) =>
  project === null
    ? faults
    : faults.map((fault) => {
        const file = [...files.phases, ...files.agents, ...files.backlogs].find(
          ({ path }) => path === fault.path,
        )
        return file === undefined || file.isProject
          ? fault
          : { ...fault, fix: `${fault.fix} A changed copy of it belongs at ${project}/${file.name}.` }
      })

/**
 * Reads a playbook and tells everything that is wrong with it, sorted by file and place.
 * Throws PLAYBOOK_INVALID only for a folder that is no playbook at all.
 */
export const judgePlaybook = (layers: PlaybookLayers): JudgedPlaybook => {
  const files = readPlaybookFiles(layers)
  const phases = loadPhases(files.phases, files.replaced)
  const agents = loadAgents(files.agents)
  const backlogs = loadBacklogs(files.backlogs)
  const ambiguity = files.ambiguity === null ? undefined : judgeContract(files.ambiguity, AmbiguitySettings)
  const prices = judgeContract(files.prices, z.array(Price))
  const book: Book = { phases: phases.phases, agents: agents.agents }
  const whole = phases.phases.filter(isWhole)
  const faults = [
    ...files.faults,
    ...phases.faults,
    ...agents.faults,
    ...backlogs.faults,
    ...(ambiguity?.faults ?? []),
    ...prices.faults,
    ...whole.flatMap((phase) => checkPhase(phase, book)),
    ...checkOrder(phases.phases),
    // A file that cannot be read makes everything that rests on it look absent.
    ...(whole.length === phases.phases.length &&
    agents.agents.every(({ definition }) => definition !== undefined)
      ? checkArtifacts(whole, book)
      : []),
  ]
  if (phases.phases.length === 0)
    faults.push({
      path: files.prices.path,
      line: 1,
      column: 1,
      problem: 'no phase is left in this playbook.',
      fix: 'Write phases/PHASE.yaml.',
    })
  const judged = { files, phases, agents }
  const told = (found: readonly PlaybookFault[]) => sortFaults(pointToProject(found, files, layers.project))
  if (faults.length > 0 || prices.value === undefined)
    return { ...judged, pinned: null, faults: told(faults) }
  const playbook = makePlaybook(files, { phases, agents, prices: prices.value })
  const beside = {
    templates: backlogs.templates,
    ...(ambiguity?.value === undefined ? {} : { ambiguity: ambiguity.value }),
  }
  const late = checkPlan(playbook, phases, agents)
  return {
    ...judged,
    pinned: late.length === 0 ? { ...pinPlaybook(playbook), ...beside } : null,
    faults: told(late),
  }
}

/**
 * The playbook of a folder (`phases/*.yaml`, `agents/<phase>/*.md`, `prices.yaml`) with a project's files over it.
 * Throws PLAYBOOK_INVALID with path, line, column and what to change; every fault stands in its details.
 */
export const readPlaybook = (layers: PlaybookLayers): PinnedPlaybook => {
  const { pinned, faults } = judgePlaybook(layers)
  if (pinned === null) throw makeFaultError(faults)
  return pinned
}
