import path from 'node:path'
import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { BacklogTemplate } from '@ropewalk/core/contract/backlog-template'
import { VALIDATOR_NAMES } from '@ropewalk/core/project/done/run-done-checks'
import type { PlaybookFault } from './fault.ts'
import { judgeContract } from './judge-contract.ts'
import type { SourceFile } from './source-file.ts'
import { suggest } from './suggest.ts'

/** A template of backlogs with the hash that a project which came of it is told by. */
export type PinnedTemplate = { readonly template: BacklogTemplate; readonly hash: string }

export type LoadedBacklogs = {
  readonly templates: readonly PinnedTemplate[]
  readonly faults: readonly PlaybookFault[]
}

const checkName = (file: SourceFile, { name }: BacklogTemplate): PlaybookFault[] => {
  const expected = path.posix.basename(file.name, '.yaml')
  if (name === expected) return []
  return [
    {
      path: file.path,
      ...file.locate(['name']),
      problem: `the file defines the template ${name}; expected ${expected}, as it is named.`,
      fix: `Rename the file to ${name}.yaml, or the template to ${expected}.`,
    },
  ]
}

/** What a Definition of Done names must be there: what nobody can check would never be done. */
const checkValidators = (file: SourceFile, template: BacklogTemplate): PlaybookFault[] => {
  const places = [
    ...template.items.map((item, index) => ({
      at: ['items', index, 'definition_of_done'],
      names: item.definition_of_done,
    })),
    ...Object.entries(template.definition_of_done).map(([kind, names]) => ({
      at: ['definition_of_done', kind],
      names,
    })),
  ]
  return places.flatMap(({ at, names }) =>
    names.flatMap((name, index) =>
      VALIDATOR_NAMES.includes(name)
        ? []
        : [
            {
              path: file.path,
              ...file.locate([...at, index]),
              problem: `there is no validator ${name}.`,
              fix: suggest(name, VALIDATOR_NAMES, `There are ${VALIDATOR_NAMES.join(', ')}.`),
            },
          ],
    ),
  )
}

/** The templates of a playbook, by name; each held to its contract. */
export const loadBacklogs = (files: readonly SourceFile[]): LoadedBacklogs => {
  const templates: PinnedTemplate[] = []
  const faults: PlaybookFault[] = []
  for (const file of files) {
    const { value, faults: found } = judgeContract(file, BacklogTemplate)
    faults.push(...found)
    if (value === undefined) continue
    faults.push(...checkName(file, value), ...checkValidators(file, value))
    templates.push({ template: value, hash: sha256(canonicalText(value)) })
  }
  return { templates: templates.toSorted((a, b) => (a.template.name < b.template.name ? -1 : 1)), faults }
}
