import type { AgentJob } from '../../agent-runtime.ts'
import type { AgentTool } from '../tools/tool.ts'

/** The tools of outside MCP servers that one attempt may call. */
export type OutsideTools = {
  /**
   * Connects to the servers at the first call and gives back what of theirs agent, phase and operator allow alike.
   * Throws what `connectServer` throws.
   */
  readonly list: () => Promise<readonly AgentTool[]>
  /** Ends every connection. Nothing that was started for the attempt is left when it resolves. */
  readonly close: () => Promise<void>
}

export type OutsideServers = { readonly open: (job: AgentJob) => OutsideTools }

/** For attempts where nobody registered a server. */
export const NO_OUTSIDE_TOOLS: OutsideTools = {
  list: () => Promise.resolve([]),
  close: () => Promise.resolve(),
}
