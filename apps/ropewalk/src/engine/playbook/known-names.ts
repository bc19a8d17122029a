import { GIVEN } from '@ropewalk/core/run/phase/inputs'
import { listTools } from '@ropewalk/guards/tools/registry'

/** Tools that an agent may call while it works; the worker registers them under these ids. */
export const AGENT_TOOLS = [
  'repo.list',
  'repo.read',
  'repo.search',
  'repo.write',
  'repo.patch',
  'repo.run',
  'artifact.read',
] as const

/** Programs of the worker itself, which read the records of a run. */
export const WORKER_TOOLS = ['trace-matrix', 'test-tracer'] as const

/** Names of agents of kind `tool` that a program stands behind. */
export const listToolAgents = (): readonly string[] => [
  ...WORKER_TOOLS,
  ...listTools().map(({ name }) => name),
]

/** What a run has before its first phase: what was asked, and the code of a repository where it starts from one. */
export const GIVEN_ARTIFACTS: readonly string[] = [...GIVEN, 'SourceCode', 'RepoManifest']

/** What programs hand in beside the output of their agent. */
const TOOL_FILES: Readonly<Record<string, readonly string[]>> = {
  'story-validator': ['ImplementedStories'],
  'supply-chain': ['Provenance'],
}

/** Everything an agent hands in, its output first. */
export const listOutputs = (agent: {
  readonly name: string
  readonly kind: unknown
  readonly output: string
}): string[] => [
  agent.output,
  ...(agent.kind === 'coder' ? ['RepoManifest'] : []),
  ...(agent.kind === 'tool' ? (TOOL_FILES[agent.name] ?? []) : []),
]
