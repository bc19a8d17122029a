import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { StoryProgress } from '@ropewalk/core/contract/documents/story-loop'
import type { AgentJob } from './agent-runtime.ts'

/**
 * Whether what a tool measured asks for another pass of its phase: stories are left, and a model is configured
 * that can go on with them. Rules build all that they can in one pass, so they are not asked twice. Only the
 * last stage of an iterative phase may ask.
 */
export const asksAgain = (
  { task, context: { plan } }: AgentJob,
  document: Readonly<Record<string, unknown>>,
): boolean => {
  const { phase, target, output } = task.spec
  if (output === null || findDocumentContract(output) !== StoryProgress) return false
  const found = plan.phases.find((each) => each.phase === phase)
  const isLast =
    found?.definition.parallelism === 'iterative' && found.stages.at(-1)?.includes(target) === true
  if (!isLast || plan.models.every((model) => model === 'offline')) return false
  const progress = StoryProgress.safeParse(document)
  return progress.success && progress.data.outcome === 'done' && progress.data.remaining.length > 0
}
