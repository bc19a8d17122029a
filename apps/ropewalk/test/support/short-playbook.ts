import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseDocument, type Document } from 'yaml'

const SHIPPED = path.resolve(import.meta.dirname, '../../../../playbook')

/**
 * What is kept of the playbook that comes with the program: phases in their order, each with its agents. A fix agent
 * and a reviewer stay with their phase. Everything else of the files stays as it is, so that a change there is here too.
 */
const KEPT: readonly (readonly [phase: string, agents: readonly string[]])[] = [
  ['intake', ['intake', 'constraints', 'requirements']],
  ['prd', ['prd-writer', 'story-cutter', 'trace-matrix']],
  ['build', ['database', 'backend', 'frontend', 'integration', 'test']],
  ['story-loop', ['story-implementer']],
  ['qa', ['test-tracer', 'qa-analyst']],
  ['release', ['release-notes']],
]

/** Guards that take seconds; what they prove is proved by tests of their own. The build keeps `tests-bite`. */
const LEFT_OUT = new Set(['coverage', 'lint', 'scan', 'story-loop tests-bite'])

/** One line for a list, as the files have it: tests replace text in them. */
const AS_WRITTEN = { lineWidth: 0, flowCollectionPadding: true } as const

type Names = readonly string[]
type GuardEntry = { readonly guard: string; readonly artifacts: Names; readonly rubric: string }
type AgentFile = { readonly file: string; readonly doc: Document; readonly prompt: string }

const readAgent = (file: string): AgentFile => {
  const [, front = '', prompt = ''] =
    /^---\n([\s\S]*?)\n---\n([\s\S]*)$/u.exec(readFileSync(file, 'utf8')) ?? []
  return { file, doc: parseDocument(front), prompt }
}

const getList = (doc: Document, key: string): Names =>
  (doc.toJS() as Record<string, Names | undefined>)[key] ?? []

/** Agents of a phase that stay: those named, its fix agent, and its reviewer. */
const listAgents = (doc: Document, named: Names): Names => {
  const { fix_agent, gate } = doc.toJS() as { fix_agent?: string; gate: { review?: { agent: string } } }
  return [...named, fix_agent, gate.review?.agent].filter((name) => name !== undefined)
}

/** Takes out of a phase what rests on artifacts that nobody makes any more. */
const cutPhase = (doc: Document, agents: Names, made: ReadonlySet<string>, needs: Names): void => {
  const isKept = ({ guard, artifacts }: GuardEntry) =>
    !LEFT_OUT.has(guard) &&
    !LEFT_OUT.has(`${String(doc.get('phase'))} ${guard}`) &&
    artifacts.every((name) => made.has(name))
  doc.set('agents', doc.createNode(agents, { flow: true }))
  doc.set('needs', doc.createNode(needs, { flow: true }))
  doc.delete('approval')
  const guards = (doc.toJS() as { guards: readonly GuardEntry[] }).guards.filter(isKept)
  doc.set('guards', guards)
  const rubrics = new Set(guards.map(({ rubric }) => rubric))
  for (const rubric of Object.keys((doc.toJS() as { rubrics: object }).rubrics))
    if (!rubrics.has(rubric) && rubric !== 'review') doc.deleteIn(['rubrics', rubric])
  doc.set(
    'required_artifacts',
    getList(doc, 'required_artifacts').filter((name) => made.has(name)),
  )
}

/**
 * Writes a whole playbook of six phases into `dir`, cut out of the one that comes with the program: for tests that need
 * a finished run and not the thirteen phases. A run of it takes some ten seconds. Nobody is asked to approve anything.
 */
export const writeShortPlaybook = (dir: string): void => {
  cpSync(SHIPPED, dir, { recursive: true })
  const made = new Set(['Idea'])
  const kept = new Set(KEPT.map(([phase]) => phase))
  for (const file of readdirSync(path.join(dir, 'phases')))
    if (!kept.has(path.basename(file, '.yaml'))) rmSync(path.join(dir, 'phases', file))
  for (const folder of readdirSync(path.join(dir, 'agents')))
    if (!kept.has(folder) && folder !== 'shared')
      rmSync(path.join(dir, 'agents', folder), { recursive: true })
  for (const [index, [phase, named]] of KEPT.entries()) {
    const at = path.join(dir, 'phases', `${phase}.yaml`)
    const doc = parseDocument(readFileSync(at, 'utf8'))
    const folder = path.join(dir, 'agents', phase)
    const names = listAgents(doc, named)
    const agents = names.map((name) => readAgent(path.join(folder, `${name}.md`)))
    for (const file of readdirSync(folder)) rmSync(path.join(folder, file))
    for (const { doc: agent } of agents) {
      const output = String(agent.get('output'))
      made.add(output)
      if (output === 'SourceCode') made.add('RepoManifest')
    }
    for (const { file, doc: agent, prompt } of agents) {
      agent.set(
        'inputs',
        getList(agent, 'inputs').filter((name) => made.has(name)),
      )
      writeFileSync(file, `---\n${agent.toString(AS_WRITTEN)}---\n${prompt}`)
    }
    const before = KEPT[index - 1]?.[0]
    cutPhase(doc, named, made, before === undefined ? [] : [before])
    writeFileSync(at, doc.toString(AS_WRITTEN))
  }
}
