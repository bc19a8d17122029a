import path from 'node:path'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { AgentDefinition, AgentFront } from '@ropewalk/core/contract/playbook'
import type { PlaybookFault } from './fault.ts'
import { judgeContract } from './judge-contract.ts'
import { listToolAgents } from './known-names.ts'
import type { SourceFile } from './source-file.ts'
import { suggest } from './suggest.ts'

export type LoadedAgent = {
  readonly file: SourceFile
  readonly name: string
  readonly phase: string
  readonly output: string
  readonly kind: unknown
  /** Undefined where the file breaks its contract. */
  readonly definition: AgentDefinition | undefined
}

export type LoadedAgents = {
  readonly agents: readonly LoadedAgent[]
  readonly faults: readonly PlaybookFault[]
}

/** Agents here serve more than one phase and need not lie in the folder of theirs. */
const SHARED = 'shared'

/** Capabilities that only our own worker claims; an agent outside is refused them. */
const OWN_KINDS: readonly string[] = ['model', 'coder', 'tool', 'guard']

const getText = (file: SourceFile, key: string, otherwise: string): string => {
  const value = (file.value as Record<string, unknown> | null | undefined)?.[key]
  return typeof value === 'string' ? value : otherwise
}

const checkPlace = (file: SourceFile, { agent, phase }: AgentDefinition): PlaybookFault[] => {
  const [, folder = '', base = ''] = file.name.split('/')
  const name = path.posix.basename(base, '.md')
  return [
    ...(agent === name
      ? []
      : [
          {
            path: file.path,
            ...file.locate(['agent']),
            problem: `the file defines the agent ${agent}; expected ${name}, as it is named.`,
            fix: `Rename the file to ${agent}.md, or the agent to ${name}.`,
          },
        ]),
    ...(phase === folder || folder === SHARED
      ? []
      : [
          {
            path: file.path,
            ...file.locate(['phase']),
            problem: `the agent belongs to the phase ${phase}, and its file lies in agents/${folder}/.`,
            fix: `Move it to agents/${phase}/, or write phase: ${folder}.`,
          },
        ]),
  ]
}

const checkKind = (
  file: SourceFile,
  { agent, kind, capability, secrets }: AgentDefinition,
): PlaybookFault[] => {
  const at = (key: string) => ({ path: file.path, ...file.locate([key]) })
  const faults: PlaybookFault[] = []
  if (kind === 'external' && OWN_KINDS.includes(capability))
    faults.push({
      ...at('capability'),
      problem: `the capability ${capability} is kept for our own worker; an agent outside needs another.`,
      fix: `Name one that your agent claims with, such as ${agent}.`,
    })
  if (kind !== 'external' && capability !== kind)
    faults.push({
      ...at('capability'),
      problem: `an agent of kind ${kind} must have the capability ${kind}, not ${capability}.`,
      fix: `Write capability: ${kind}.`,
    })
  const known = listToolAgents()
  if (kind === 'tool' && !known.includes(agent))
    faults.push({
      ...at('agent'),
      problem: `no program stands behind the tool ${agent}; there are ${known.join(', ')}.`,
      fix: suggest(agent, known, 'Make it an agent of kind model, coder or external, or remove it.'),
    })
  if (file.isProject && secrets.length > 0)
    faults.push({
      ...at('secrets'),
      problem: `a project's own playbook may not be given secrets (${secrets.join(', ')}): whoever cloned it would hand them over unasked.`,
      fix: 'Remove secrets here; a playbook that you name yourself (ROPEWALK_PLAYBOOK) may ask for them.',
    })
  return faults
}

/** A model's answer is held to the contract of its output; without one nothing could be checked. */
export const checkOutput = (
  { file, definition }: LoadedAgent,
  documents: readonly string[],
): PlaybookFault[] => {
  if (definition?.kind !== 'model' || findDocumentContract(definition.output) !== undefined) return []
  const { output } = definition
  return [
    {
      path: file.path,
      ...file.locate(['output']),
      problem: `no contract says what the document ${output} is, so an answer could not be checked.`,
      fix: suggest(
        output,
        documents,
        `Name it Memo.${output.slice(0, 40)}, or hand in one of: ${documents.join(', ')}.`,
      ),
    },
  ]
}

const listTwins = (agents: readonly LoadedAgent[]): PlaybookFault[] =>
  agents.flatMap(({ file, name }) => {
    const others = agents.filter((other) => other.name === name && other.file !== file)
    const [other] = others
    if (other === undefined) return []
    // Where a project's file meets one of the base, the project's is the one that can be changed.
    if (!file.isProject && others.some((each) => each.file.isProject)) return []
    return [
      {
        path: file.path,
        ...file.locate(['agent']),
        problem: `two files define the agent ${name}: this one and ${other.file.path}.`,
        fix:
          file.isProject && !other.file.isProject
            ? `To replace that one, move this file to ${other.file.name}; else rename it.`
            : 'Rename one.',
      },
    ]
  })

/** The agents of a playbook, each judged as far as it can be alone and beside the others. */
export const loadAgents = (files: readonly SourceFile[]): LoadedAgents => {
  const faults: PlaybookFault[] = []
  const agents = files.map((file): LoadedAgent => {
    const { value, faults: found } = judgeContract(file, AgentFront)
    faults.push(...found)
    const definition =
      value === undefined ? undefined : AgentDefinition.safeParse({ ...value, prompt: file.prompt })
    if (definition?.success === false)
      faults.push({
        path: file.path,
        ...file.locate([]),
        problem: `the prompt cannot be used: ${definition.error.issues[0]?.message ?? 'unknown'}.`,
        fix: 'Shorten or correct it.',
      })
    const whole = definition?.data
    if (whole !== undefined) faults.push(...checkPlace(file, whole), ...checkKind(file, whole))
    const [, folder = '', base = ''] = file.name.split('/')
    return {
      file,
      name: getText(file, 'agent', path.posix.basename(base, '.md')),
      phase: getText(file, 'phase', folder),
      output: getText(file, 'output', ''),
      kind: (file.value as Record<string, unknown> | undefined)?.['kind'],
      definition: whole,
    }
  })
  return { agents, faults: [...faults, ...listTwins(agents)] }
}
