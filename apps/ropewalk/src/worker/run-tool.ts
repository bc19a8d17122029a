import { RopewalkError } from '@ropewalk/core/errors'
import type { Engine } from '../engine/contract.ts'
import type { AgentRuntime } from './agent-runtime.ts'
import { makeTraceMatrix } from './trace-matrix.ts'

/** The runtime of kind `tool`: our own programs, by the name of the agent. Throws NOT_FOUND for another name. */
export const makeToolRuntime = (engine: Engine): AgentRuntime => {
  const traceMatrix = makeTraceMatrix(engine)
  const tools = new Map<string, AgentRuntime>([
    ['trace-matrix', traceMatrix],
    ['test-tracer', traceMatrix],
  ])
  return (job) => {
    const tool = tools.get(job.task.spec.target)
    if (tool !== undefined) return tool(job)
    throw new RopewalkError(
      'NOT_FOUND',
      `There is no tool ${job.task.spec.target}; there are ${[...tools.keys()].join(', ')}.`,
    )
  }
}
