import { addUsage } from '@ropewalk/core/contract/budget'
import { RepoManifest } from '@ropewalk/core/contract/documents'
import { StoryProgress } from '@ropewalk/core/contract/documents/story-loop'
import { UserStories } from '@ropewalk/core/contract/documents/prd'
import { hasCode } from '@ropewalk/core/errors'
import { generateText, type ModelMessage, type ToolSet } from 'ai'
import { z } from 'zod'
import { AgentError, type AgentJob, type AgentResult, type AgentRuntime } from '../agent-runtime.ts'
import { BUNDLE_MEDIA_TYPE } from '@ropewalk/core/contract/artifact'
import {
  checkWork,
  MANIFEST_PATH,
  restoreWork,
  saveWork,
  type Worktree,
  type WorkState,
} from './coder-work.ts'
import { makeMeteredModel, OfflineTurn, type MeteredModel } from './metered-model.ts'
import { NO_OUTSIDE_TOOLS, type OutsideTools } from './mcp/contract.ts'
import { listOutside, makeToolError, type RuntimeOptions } from './model.ts'
import { makeInstructions, makeTaskPrompt, quote } from './prompt.ts'
import { makeToolSet } from './tools/registry.ts'

/** Does tasks of kind `coder`: a session in the worktree until its tests pass or a ceiling is reached. */
export const makeCoderRuntime =
  (options: RuntimeOptions): AgentRuntime =>
  async (job) => {
    const secrets = await options.grantSecrets(job.context.agent?.secrets ?? [])
    const meter = makeMeteredModel(job, options.access, { callTimeoutMs: options.callTimeoutMs, secrets })
    if (meter.isOffline()) return handOver(job, meter)
    if (job.worktree === null)
      throw meter.makeError('fatal', 'A coder needs a worktree, and this task has none.')
    const outside = options.outside?.open(job) ?? NO_OUTSIDE_TOOLS
    try {
      return await runSession({ job, meter, worktree: job.worktree, secrets, outside, changed: new Set() })
    } catch (error) {
      if (error instanceof OfflineTurn) return handOver(job, meter)
      throw error
    } finally {
      await outside.close()
    }
  }

const handOver = async (job: AgentJob, meter: MeteredModel): Promise<AgentResult> => {
  const { runOfflineCoder } = await import('./offline/run-offline-coder.ts')
  const result = await runOfflineCoder(job)
  return { ...result, usage: addUsage(meter.getUsage(), result.usage) }
}

type Session = {
  readonly job: AgentJob
  readonly meter: MeteredModel
  readonly worktree: Worktree
  readonly secrets: Readonly<Record<string, string>>
  readonly outside: OutsideTools
  readonly changed: Set<string>
}

type TurnEnd = 'answered' | 'ceiling'

/** The model works, then we run its tests ourselves; what fails goes back to it as the next message. */
const runSession = async (session: Session): Promise<AgentResult> => {
  const { job, meter, worktree } = session
  const restored = await restoreWork(job, worktree)
  for (const path of restored) session.changed.add(path)
  const fatal = new AbortController()
  const tools = await makeSessionTools(session, fatal)
  const messages: ModelMessage[] = [{ role: 'user', content: getFirstMessage(job, restored) }]
  for (;;) {
    const ended = await takeTurn(session, { messages, tools, fatal })
    const state = await checkWork(job, worktree)
    const isDone = state.testsPass || ended === 'ceiling' || 'obstacle' in state
    if (state.manifest !== null && isDone) return handIn(session, state)
    if (ended === 'ceiling')
      throw meter.makeError(
        'schema',
        `The coder reached its ceiling without a manifest that holds: ${state.report.slice(0, 600)}`,
      )
    job.log('note', `not done yet: ${state.report.split('\n')[0] ?? ''}`)
    messages.push({
      role: 'user',
      content: `The engine checked your work and it is not done.\n${quote('check', { from: 'the engine' }, state.report)}\nMend it with your tools. Answer without a tool call only when it is done.`,
    })
  }
}

const makeSessionTools = async (
  { job, meter, secrets, outside, changed, worktree }: Session,
  fatal: AbortController,
): Promise<ToolSet> => {
  const allowed = makeToolSet(
    {
      job,
      secrets,
      noteChanged: (path) => {
        changed.add(path)
      },
    },
    {
      noteToolMs: meter.addToolMs,
      onFatal: (error) => {
        fatal.abort(error)
      },
    },
    await listOutside(outside, meter),
  )
  if (Object.keys(allowed).length === 0)
    throw meter.makeError(
      'fatal',
      'The coder has no tool that its phase allows too; name repo.write and the others in allowlisted_tools.',
    )
  job.log(
    'note',
    `coder in ${worktree.baseCommit ?? 'an empty repository'} with ${Object.keys(allowed).join(', ')}`,
  )
  return allowed
}

/** One run of the tool loop. Its messages are added to the conversation; its files are already in the worktree. */
const takeTurn = async (
  session: Session,
  turn: { readonly messages: ModelMessage[]; readonly tools: ToolSet; readonly fatal: AbortController },
): Promise<TurnEnd> => {
  const { job, meter } = session
  try {
    const result = await generateText({
      model: meter.model,
      maxRetries: 0,
      temperature: job.context.agent?.model.temperature ?? 0.1,
      abortSignal: AbortSignal.any([job.signal, turn.fatal.signal]),
      instructions: makeInstructions(job, getHandIn(job)),
      messages: turn.messages,
      tools: turn.tools,
      toolCallConcurrency: 1,
      // Asked after every step that called tools: the place for a checkpoint, since a failure here is not swallowed.
      stopWhen: async () => {
        if (session.changed.size > 0) await saveWork(job, session.worktree, session.changed)
        job.progress(getProgress(job, meter))
        return isCeilingReached(job, meter)
      },
    })
    throwIfFatal(meter, turn.fatal)
    turn.messages.push(...result.responseMessages)
    return isCeilingReached(job, meter) ? 'ceiling' : 'answered'
  } catch (error) {
    throwIfFatal(meter, turn.fatal)
    if (!isCeilingError(error)) throw error
    job.log(
      'note',
      `the session ends here: ${error instanceof Error ? error.message : 'a ceiling was reached'}`,
    )
    // What ran out before anything was written leaves nothing to judge.
    if (session.changed.size === 0)
      throw hasCode(error, 'TASK_CEILING') ? meter.makeError('fatal', error.message, error) : error
    return 'ceiling'
  }
}

const throwIfFatal = (meter: MeteredModel, fatal: AbortController): void => {
  if (fatal.signal.aborted) throw makeToolError(meter, fatal.signal.reason)
}

const isCeilingError = (error: unknown): boolean =>
  hasCode(error, 'TASK_CEILING') || (error instanceof AgentError && error.failure.errorClass === 'budget')

/** The calls of earlier attempts count as well; those the engine knows, and it refuses the call. */
const isCeilingReached = (job: AgentJob, meter: MeteredModel): boolean => {
  const { modelCalls, inputTokens, outputTokens } = meter.getUsage()
  const { maxModelCalls, budget } = job.task.spec
  return modelCalls >= maxModelCalls || (budget.tokens > 0 && inputTokens + outputTokens >= budget.tokens)
}

const getProgress = (job: AgentJob, meter: MeteredModel): number =>
  Math.min(95, Math.round((100 * meter.getUsage().modelCalls) / Math.max(1, job.task.spec.maxModelCalls)))

const getFirstMessage = (job: AgentJob, restored: readonly string[]): string =>
  [
    makeTaskPrompt(job),
    getEarlierWork(job),
    getStoryAtHand(job),
    restored.length === 0
      ? ''
      : `An earlier attempt of yours was cut off. These files of it are in the worktree already; read them before you go on: ${restored.join(', ')}.`,
    'Begin. The worktree is the root of the repository.',
  ]
    .filter((part) => part !== '')
    .join('\n\n')

/** More paths than this say no more than that there is much. */
const MAX_PATHS = 200

/** What coders before this one left in the worktree since the last gate. */
const getEarlierWork = ({ changedBefore = [] }: AgentJob): string => {
  if (changedBefore.length === 0) return ''
  const more = changedBefore.length - MAX_PATHS
  const paths = changedBefore.slice(0, MAX_PATHS).join('\n')
  return [
    'Coders before you in this phase wrote or changed these files. They are in the worktree; read those that your part touches, build on them, and break none of their tests:',
    quote('files', { from: 'the engine' }, more > 0 ? `${paths}\n(and ${String(more)} more)` : paths),
  ].join('\n')
}

const parseInput = <T>(job: AgentJob, name: string, contract: z.ZodType<T>): T | undefined => {
  const parsed = contract.safeParse(job.inputs.find(({ ref }) => ref.name === name)?.json)
  return parsed.success ? parsed.data : undefined
}

/** The story that a coder of the story loop takes up: the one that the last judgement named, else the first. */
const getStoryAtHand = (job: AgentJob): string => {
  if (job.context.agent?.inputs.includes('StoryProgress') !== true || job.task.spec.fix !== null) return ''
  const stories = parseInput(job, 'UserStories', UserStories)?.stories ?? []
  const progress = parseInput(job, 'StoryProgress', StoryProgress)
  const next = progress === undefined ? stories[0]?.id : progress.next
  const story = stories.find(({ id }) => id === next)
  if (story === undefined) return ''
  const reason = progress?.remaining.find(({ id }) => id === story.id)?.reason
  return [
    `The story at hand is ${story.id}. Finish it before any other${reason === undefined ? '' : '; why it is not done yet is quoted below it'}.`,
    quote('story', { from: 'UserStories', id: story.id }, JSON.stringify(story, null, 2)),
    ...(reason === undefined ? [] : [quote('reason', { from: 'StoryProgress' }, reason)]),
  ].join('\n')
}

const getHandIn = (job: AgentJob): string =>
  [
    `You hand in the repository itself. In it, write the manifest ${MANIFEST_PATH}, or bring it up to date where a coder before you wrote it, by this JSON Schema:`,
    JSON.stringify(z.toJSONSchema(RepoManifest, { io: 'output' })),
    'Paths in it are relative to the root; "tests" names every test file, "sources" every file of code that is no test, "start" is the argv that starts the service, "port_env" the variable with its port. Code that nobody can start yet is of the kind "library", with "start" and "port_env" null.',
    `You have ${String(job.task.spec.maxModelCalls)} turns at most, and each turn costs money: call several tools in one turn, write whole files at once. When you answer without a tool call, the engine runs the tests of the manifest; you are done when they pass.`,
  ].join('\n')

/** The manifest as a document, and the code as the commit that the checkout now becomes. */
const handIn = async ({ job, meter }: Session, state: WorkState): Promise<AgentResult> => {
  const output = job.task.spec.output ?? 'SourceCode'
  job.log(
    'note',
    state.testsPass
      ? 'the tests pass; handing in'
      : `handing in for the gate to judge: ${'obstacle' in state ? 'the tests cannot be run here' : 'the ceiling is reached with tests that fail'}`,
  )
  const { fix } = job.task.spec
  const commit = await job.commit(fix === null ? `Build ${output}` : `Mend ${fix.artifact}`)
  return {
    outputs: [
      { name: output, mediaType: BUNDLE_MEDIA_TYPE, bytes: 'bundle', commit, simulated: false },
      {
        name: 'RepoManifest',
        mediaType: 'application/json',
        bytes: Buffer.from(`${JSON.stringify(state.manifest, null, 2)}\n`),
        simulated: false,
      },
    ],
    commit,
    usage: meter.getUsage(),
    ...meter.getMaker(),
  }
}
