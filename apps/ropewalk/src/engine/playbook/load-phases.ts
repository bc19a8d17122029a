import path from 'node:path'
import { PhaseDefinition, PhaseName } from '@ropewalk/core/contract/playbook'
import { z } from 'zod'
import type { PlaybookFault } from './fault.ts'
import { judgeContract } from './judge-contract.ts'
import type { SourceFile } from './source-file.ts'
import { suggest } from './suggest.ts'

/** A phase as its file has it. `before` names phases that are to wait for it, without a change in their files. */
const PhaseFile = PhaseDefinition.extend({ before: z.array(PhaseName).default([]) })

/** A project's file that takes a phase out of the playbook below. */
const RemovedPhase = z.strictObject({ phase: PhaseName, remove: z.literal(true) })

export type LoadedPhase = {
  readonly file: SourceFile
  readonly name: string
  /** With the needs that other files add or take away; undefined where the file breaks its contract. */
  readonly definition: PhaseDefinition | undefined
  /** Phases it waits for because their files say so. */
  readonly addedNeeds: readonly string[]
}

export type LoadedPhases = {
  readonly phases: readonly LoadedPhase[]
  readonly removed: readonly string[]
  readonly faults: readonly PlaybookFault[]
}

type Draft = {
  readonly file: SourceFile
  readonly name: string
  readonly read: z.infer<typeof PhaseFile> | undefined
}

const asks = (file: SourceFile, key: string): boolean =>
  typeof file.value === 'object' && file.value !== null && Object.hasOwn(file.value, key)

const getName = (file: SourceFile): string => path.posix.basename(file.name, '.yaml')

const checkName = (file: SourceFile, phase: string): PlaybookFault[] =>
  phase === getName(file)
    ? []
    : [
        {
          path: file.path,
          ...file.locate(['phase']),
          problem: `the file defines the phase ${phase}; expected ${getName(file)}, as it is named.`,
          fix: `Rename the file to ${phase}.yaml, or the phase to ${getName(file)}.`,
        },
      ]

const readRemoval = (file: SourceFile, known: readonly string[]) => {
  const { value, faults } = judgeContract(file, RemovedPhase)
  if (value === undefined) return { name: getName(file), faults }
  const fault = { path: file.path, ...file.locateKey([], 'remove') }
  if (!file.isProject)
    return {
      name: value.phase,
      faults: [
        {
          ...fault,
          problem: 'remove: true is for a project that leaves out a phase of another playbook.',
          fix: 'Delete this file.',
        },
      ],
    }
  const isKnown = known.includes(value.phase)
  return {
    name: value.phase,
    faults: [
      ...checkName(file, value.phase),
      ...(isKnown
        ? []
        : [
            {
              ...fault,
              problem: `there is no phase ${value.phase} to remove.`,
              fix: suggest(value.phase, known, 'Delete this file.'),
            },
          ]),
    ],
  }
}

const checkNames = (draft: Draft, key: 'needs' | 'before', known: readonly string[]): PlaybookFault[] =>
  (draft.read?.[key] ?? []).flatMap((name, index) =>
    known.includes(name) && name !== draft.name
      ? []
      : [
          {
            path: draft.file.path,
            ...draft.file.locate([key, index]),
            problem:
              name === draft.name
                ? `the phase ${name} cannot wait for itself.`
                : `${key} names the phase ${name}, which no file defines.`,
            fix:
              name === draft.name
                ? 'Remove it.'
                : suggest(name, known, `Write phases/${name}.yaml or remove it.`),
          },
        ],
  )

/** What a phase needs once removed phases are out: what those needed stands in for them. */
const resolveNeeds = (
  needs: readonly string[],
  removed: ReadonlyMap<string, readonly string[]>,
  seen: ReadonlySet<string> = new Set(),
): string[] =>
  needs.flatMap((name) => {
    const behind = removed.get(name)
    if (behind === undefined) return [name]
    return seen.has(name) ? [] : resolveNeeds(behind, removed, new Set([...seen, name]))
  })

/**
 * The phases of a playbook: a project's `remove` and every `before` carried out, so that what is left is in the
 * form of the contract. `replaced` are files of the base that the project's stand for.
 */
export const loadPhases = (files: readonly SourceFile[], replaced: readonly SourceFile[]): LoadedPhases => {
  const faults: PlaybookFault[] = []
  const removals = files.filter((file) => asks(file, 'remove'))
  const drafts = files
    .filter((file) => !removals.includes(file))
    .map((file): Draft => {
      const { value, faults: found } = judgeContract(file, PhaseFile)
      faults.push(...found, ...(value === undefined ? [] : checkName(file, value.phase)))
      return { file, name: value?.phase ?? getName(file), read: value }
    })
  const replacedNames = replaced.filter(({ name }) => name.startsWith('phases/')).map(getName)
  const read = removals.map((file) => readRemoval(file, replacedNames))
  faults.push(...read.flatMap((one) => one.faults))
  const removed = new Map(
    read.map(({ name }) => {
      const file = replaced.find((one) => one.name === `phases/${name}.yaml`)
      const parsed = file === undefined ? undefined : judgeContract(file, PhaseFile).value
      return [name, parsed?.needs ?? []]
    }),
  )
  const known = [...drafts.map(({ name }) => name), ...removed.keys()]
  const phases = drafts.map((draft): LoadedPhase => {
    faults.push(...checkNames(draft, 'needs', known), ...checkNames(draft, 'before', known))
    const { file, name } = draft
    if (draft.read === undefined) return { file, name, definition: undefined, addedNeeds: [] }
    const { before: _before, ...definition } = draft.read
    const own = resolveNeeds(definition.needs, removed)
    const addedNeeds = drafts
      .filter((other) => other.read?.before.includes(name) === true && !own.includes(other.name))
      .map((other) => other.name)
    return {
      file,
      name,
      addedNeeds,
      definition: { ...definition, needs: [...new Set([...own, ...addedNeeds])] },
    }
  })
  return { phases, removed: [...removed.keys()], faults }
}
