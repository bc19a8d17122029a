import type { Schema } from 'ai'
import type { z } from 'zod'
import type { AgentJob } from '../../agent-runtime.ts'

/** What a tool works with: the job it serves, and the secrets that were granted to its agent by name. */
export type ToolContext = {
  readonly job: AgentJob
  readonly secrets: Readonly<Record<string, string>>
  /** Told the path of each file that a tool has changed. */
  readonly noteChanged: (path: string) => void
}

/** One registered tool. Its answer is text for the model; what it throws is told to the model as an error. */
export type AgentTool = {
  readonly id: string
  readonly version: string
  readonly description: string
  readonly input: z.ZodType | Schema<unknown>
  readonly run: (input: unknown, context: ToolContext) => Promise<string>
}

/** Thrown by a tool for what only its message says: the model reads it as an error. */
export class ToolTrouble extends Error {
  override readonly name = 'ToolTrouble'
}

/** Makes a tool whose `run` gets its input already checked against its contract. */
export const makeTool = <Input>(tool: {
  readonly id: string
  readonly version: string
  readonly description: string
  readonly input: z.ZodType<Input>
  readonly run: (input: Input, context: ToolContext) => Promise<string>
}): AgentTool => ({ ...tool, run: async (input, context) => tool.run(tool.input.parse(input), context) })
