import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseDocument, type Document } from 'yaml'

const SHIPPED = path.resolve(import.meta.dirname, '../../../../playbook')

/** Phases in their order, each with its agents; a fix agent and a reviewer stay with their phase. */
export type Kept = readonly (readonly [phase: string, agents: readonly string[]])[]

/**
 * What is kept of the playbook that comes with the program. Everything else of the files stays as it is, so that a
 * change there is here too.
 */
const KEPT: Kept = [
  ['intake', ['intake', 'constraints', 'requirements']],
  ['prd', ['prd-writer', 'story-cutter', 'trace-matrix']],
  ['build', ['database', 'backend', 'frontend', 'integration', 'test']],
  ['story-loop', ['story-implementer']],
  ['qa', ['test-tracer', 'qa-analyst']],
  ['release', ['release-notes']],
]

/**
 * The first two of them: a run that ends well after three seconds, with questions, an approval and a dossier, but with
 * no code and so with nothing verified. For tests of what becomes of a run, not of what it finds.
 */
export const BRIEF: Kept = KEPT.slice(0, 2)

/** Guards that take seconds; what they prove is proved by tests of their own, and in runs of thirteen phases. */
const LEFT_OUT = new Set(['coverage', 'lint', 'scan', 'tests-bite'])

/** Lists stay on one line, as the files have them: tests replace text in them. */
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

type Cut = { readonly made: ReadonlySet<string>; readonly leftOut: ReadonlySet<string> }

/** Takes out of a phase what rests on artifacts that nobody makes any more. */
const cutPhase = (
  doc: Document,
  { agents, made, needs, leftOut }: Cut & { readonly agents: Names; readonly needs: Names },
): void => {
  const isKept = ({ guard, artifacts }: GuardEntry) =>
    !leftOut.has(guard) &&
    !leftOut.has(`${String(doc.get('phase'))} ${guard}`) &&
    artifacts.every((name) => made.has(name))
  doc.set('agents', doc.createNode(agents, { flow: true }))
  doc.set('needs', doc.createNode(needs, { flow: true }))
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
 * a finished run and not the thirteen phases. A run of it takes some eight seconds.
 */
export const writeShortPlaybook = (
  dir: string,
  kept: Kept = KEPT,
  leftOut: ReadonlySet<string> = LEFT_OUT,
): void => {
  cpSync(SHIPPED, dir, { recursive: true })
  const made = new Set(['Idea'])
  const names = new Set(kept.map(([phase]) => phase))
  for (const file of readdirSync(path.join(dir, 'phases')))
    if (!names.has(path.basename(file, '.yaml'))) rmSync(path.join(dir, 'phases', file))
  for (const folder of readdirSync(path.join(dir, 'agents')))
    if (!names.has(folder) && folder !== 'shared')
      rmSync(path.join(dir, 'agents', folder), { recursive: true })
  for (const [index, [phase, named]] of kept.entries()) {
    const at = path.join(dir, 'phases', `${phase}.yaml`)
    const doc = parseDocument(readFileSync(at, 'utf8'))
    const folder = path.join(dir, 'agents', phase)
    const agents = listAgents(doc, named).map((name) => readAgent(path.join(folder, `${name}.md`)))
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
    const before = kept[index - 1]?.[0]
    cutPhase(doc, { agents: named, made, needs: before === undefined ? [] : [before], leftOut })
    writeFileSync(at, doc.toString(AS_WRITTEN))
  }
}
