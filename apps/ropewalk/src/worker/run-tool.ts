import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { RopewalkError } from '@ropewalk/core/errors'
import { Name } from '@ropewalk/core/text'
import type { Tool, ToolInput, ToolResult } from '@ropewalk/guards/tool'
import { getDocumentBytes } from '@ropewalk/guards/tools/document-bytes'
import { findTool, listTools } from '@ropewalk/guards/tools/registry'
import type { Engine } from '../engine/contract.ts'
import type { AgentJob, AgentOutput, AgentResult, AgentRuntime } from './agent-runtime.ts'
import { asksAgain } from './asks-again.ts'
import { isFanIn, runFanIn } from './run-fan-in.ts'
import { makeTraceMatrix } from './trace-matrix.ts'

/** Besides its document; more would not fit into one result. */
const MAX_FILES = 19

/** The runtime of kind `tool`: our own programs, by the name of the agent. Throws NOT_FOUND for another name. */
export const makeToolRuntime = (engine: Engine): AgentRuntime => {
  const traceMatrix = makeTraceMatrix(engine)
  const own = new Map<string, AgentRuntime>([
    ['trace-matrix', traceMatrix],
    ['test-tracer', traceMatrix],
  ])
  return async (job) => {
    const { target } = job.task.spec
    const runtime = own.get(target)
    if (runtime !== undefined) return runtime(job)
    if (isFanIn(target)) return runFanIn(job)
    const tool = findTool(target)
    if (tool !== undefined) return runTool(tool, job)
    const names = [...own.keys(), ...listTools().map(({ name }) => name)]
    throw new RopewalkError('NOT_FOUND', `There is no tool ${target}; there are ${names.join(', ')}.`)
  }
}

/**
 * Runs one tool on the job's inputs and makes its result the task's: the document under the agent's output name,
 * each file under its own. Nothing of it is simulated. Throws INTERNAL where the tool breaks its contract.
 */
const runTool = async (tool: Tool, job: AgentJob): Promise<AgentResult> => {
  const result = await tool.run(makeInput(job))
  for (const { argv, exitCode } of result.ran ?? [])
    job.log('note', `ran ${argv.join(' ')}: exit code ${exitCode === null ? 'unknown' : String(exitCode)}`)
  const name = job.task.spec.output
  if (name === null) throw new RopewalkError('INVARIANT_BROKEN', `The task of ${tool.name} has no output.`)
  return {
    outputs: [makeDocument(tool, name, result), ...makeFiles(tool, name, result)],
    usage: NO_USAGE,
    tool: `ropewalk-${tool.name}`,
    toolVersion: tool.version,
    again: result.again ?? asksAgain(job, result.document),
  }
}

const makeInput = (job: AgentJob): ToolInput => {
  const { worktree, context } = job
  return {
    inputs: job.inputs.map(({ ref, ...rest }) => ({ artifact: ref.artifact, ...rest })),
    worktree:
      worktree === null || worktree.baseCommit === null
        ? null
        : { dir: worktree.dir, commit: worktree.baseCommit, lacks: worktree.lacks },
    before: job.before,
    scratch: job.scratch,
    runConfined: job.runConfined,
    now: job.now,
    settings: context.agent?.settings ?? {},
  }
}

const makeDocument = (tool: Tool, name: string, { document }: ToolResult): AgentOutput => {
  const parsed = findDocumentContract(name)?.safeParse(document)
  if (parsed !== undefined && !parsed.success) {
    const [issue] = parsed.error.issues
    throw new RopewalkError(
      'INTERNAL',
      `The tool ${tool.name} made a ${name} that breaks its contract at /${issue?.path.map(String).join('/') ?? ''}: ${issue?.message ?? 'unknown'}.`,
    )
  }
  return { name, mediaType: 'application/json', bytes: getDocumentBytes(document), simulated: false }
}

const makeFiles = (tool: Tool, output: string, { files = [] }: ToolResult): AgentOutput[] => {
  const names = [output, ...files.map(({ name }) => name)]
  const isFit = names.every((name) => Name.safeParse(name).success) && new Set(names).size === names.length
  if (!isFit || files.length > MAX_FILES)
    throw new RopewalkError(
      'INTERNAL',
      `The tool ${tool.name} handed in files it may not: ${names.join(', ')}.`,
    )
  return files.map(({ name, mediaType, bytes }) => ({ name, mediaType, bytes, simulated: false }))
}
