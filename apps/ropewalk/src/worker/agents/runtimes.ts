import type { AgentRuntime, AgentRuntimes } from '../agent-runtime.ts'
import { makeCoderRuntime } from './coder.ts'
import { makeModelRuntime, type RuntimeOptions } from './model.ts'

/** Who does a task of each kind. `tool` is handed in: our own tools are no agents. */
export const makeAgentRuntimes = (
  options: RuntimeOptions & { readonly tool: AgentRuntime },
): AgentRuntimes => ({
  model: makeModelRuntime(options),
  coder: makeCoderRuntime(options),
  tool: options.tool,
})
