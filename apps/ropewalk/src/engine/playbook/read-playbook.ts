import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import {
  AgentDefinition,
  AgentFront,
  PhaseDefinition,
  Playbook,
  Price,
} from '@ropewalk/core/contract/playbook'
import { RopewalkError } from '@ropewalk/core/errors'
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'

/** A playbook with the hash that a run is pinned to. */
export type PinnedPlaybook = { readonly playbook: Playbook; readonly hash: string }

/** Where a value or key stands in its file, counted from line 1; 1 where it cannot be told. */
const findLine = (
  doc: Document,
  lines: LineCounter,
  at: readonly PropertyKey[],
  key: string | undefined,
  offset: number,
): number => {
  for (let depth = at.length; depth >= 0; depth -= 1) {
    const node: unknown = depth === 0 ? doc.contents : doc.getIn(at.slice(0, depth) as string[], true)
    if (key !== undefined && depth === at.length && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
      if (pair && isScalar(pair.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line + offset
    }
    const range = (node as { range?: [number, number, number] } | undefined)?.range
    if (range) return lines.linePos(range[0]).line + offset
  }
  return 1 + offset
}

const fail = (file: string, line: number, what: string): never => {
  throw new RopewalkError('PLAYBOOK_INVALID', `${file}:${line}: ${what}`, { details: { file, line } })
}

/** One YAML text against one contract. Throws PLAYBOOK_INVALID with file, line and fix. */
const parseYaml = <T extends z.ZodType>(
  file: string,
  source: string,
  contract: T,
  lineOffset = 0,
): z.infer<T> => {
  const lines = new LineCounter()
  const doc = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  const broken = doc.errors[0]
  if (broken) fail(file, lines.linePos(broken.pos[0]).line + lineOffset, `${broken.message}. Mend the YAML.`)
  const parsed = contract.safeParse(doc.toJS({ maxAliasCount: 0 }))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const line = findLine(doc, lines, issue?.path ?? [], unknownKey, lineOffset)
  const where = (issue?.path ?? []).join('.')
  return fail(
    file,
    line,
    `${where === '' ? 'the file' : where}: ${issue?.message ?? 'breaks its contract'}. Change or remove it.`,
  )
}

const parseAgent = (file: string, source: string): AgentDefinition => {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/u.exec(source)
  if (!match) return fail(file, 1, 'expected front matter between two lines of ---, then the prompt.')
  const front = parseYaml(file, match[1] ?? '', AgentFront, 1)
  const prompt = (match[2] ?? '').trim()
  if (prompt === '')
    fail(file, (match[1] ?? '').split('\n').length + 3, 'the prompt is empty. Write what the agent is to do.')
  return AgentDefinition.parse({ ...front, prompt })
}

const listFiles = (dir: string, extension: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()

/** Capabilities that only our own worker claims; an agent outside is refused them. */
const OWN_KINDS = ['model', 'coder', 'tool', 'guard']

/** Whether an agent can only be claimed by whom its kind says: our worker, or a program outside. */
const fitsKind = ({ kind, capability }: AgentDefinition): boolean =>
  kind === 'external' ? !OWN_KINDS.includes(capability) : capability === kind

/** What no single file can tell: that names used in one are defined in another. */
const checkReferences = (dir: string, playbook: Playbook): void => {
  const phases = new Set(playbook.phases.map((phase) => phase.phase))
  const agents = new Map(playbook.agents.map((agent) => [agent.agent, agent]))
  if (agents.size < playbook.agents.length) {
    const names = playbook.agents.map((agent) => agent.agent)
    const twice = names.find((name, index) => names.indexOf(name) !== index) ?? ''
    fail(path.join(dir, 'agents'), 1, `two files define the agent ${twice}. Rename one.`)
  }
  for (const agent of playbook.agents) {
    if (fitsKind(agent)) continue
    fail(
      path.join(dir, 'agents', agent.phase, `${agent.agent}.md`),
      1,
      agent.kind === 'external'
        ? `the capability ${agent.capability} is kept for our own worker; name another.`
        : `an agent of kind ${agent.kind} must have the capability ${agent.kind}, not ${agent.capability}.`,
    )
  }
  for (const phase of playbook.phases) {
    const file = path.join(dir, 'phases', `${phase.phase}.yaml`)
    for (const need of phase.needs) {
      if (!phases.has(need)) fail(file, 1, `needs names the phase ${need}, which no file defines.`)
    }
    for (const name of [...phase.agents, ...(phase.fix_agent === undefined ? [] : [phase.fix_agent])]) {
      const agent = agents.get(name)
      if (!agent) fail(file, 1, `agents names ${name}; write agents/${phase.phase}/${name}.md or remove it.`)
      else if (agent.phase !== phase.phase)
        fail(file, 1, `the agent ${name} belongs to phase ${agent.phase}.`)
      const foreign = agent?.tools.find((tool) => !phase.allowlisted_tools.includes(tool))
      if (foreign !== undefined)
        fail(
          file,
          1,
          `the agent ${name} wants the tool ${foreign}; put it on allowlisted_tools or take it from the agent.`,
        )
    }
    for (const use of phase.guards) {
      if (!(use.rubric in phase.rubrics))
        fail(file, 1, `the guard ${use.guard} feeds the rubric ${use.rubric}, which rubrics does not define.`)
    }
    for (const rubric of Object.keys(phase.rubrics)) {
      if (!phase.guards.some((use) => use.rubric === rubric))
        fail(file, 1, `no guard feeds the rubric ${rubric}. Add one or remove the rubric.`)
    }
  }
}

/**
 * The playbook in a folder: `phases/*.yaml`, `agents/<phase>/*.md`, `prices.yaml`, in file order.
 * Throws PLAYBOOK_INVALID with path, line and what to change.
 */
export const readPlaybook = (dir: string): PinnedPlaybook => {
  const read = (file: string) => readFileSync(file, 'utf8')
  let playbook: Playbook
  try {
    const phases = listFiles(path.join(dir, 'phases'), '.yaml').map((file) => {
      const phase = parseYaml(file, read(file), PhaseDefinition)
      if (path.basename(file, '.yaml') !== phase.phase)
        fail(file, 1, `the file defines phase ${phase.phase}; name it ${phase.phase}.yaml.`)
      return phase
    })
    const agents = listFiles(path.join(dir, 'agents'), '.md').map((file) => parseAgent(file, read(file)))
    const prices = parseYaml(
      path.join(dir, 'prices.yaml'),
      read(path.join(dir, 'prices.yaml')),
      z.array(Price),
    )
    playbook = Playbook.parse({ name: 'ropewalk', phases, agents, prices })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new RopewalkError('PLAYBOOK_INVALID', `${dir} is not a playbook: ${(error as Error).message}`, {
        cause: error,
      })
    }
    throw error
  }
  checkReferences(dir, playbook)
  return { playbook, hash: sha256(canonicalText(playbook)) }
}
