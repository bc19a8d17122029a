import { runOfflineCoder } from '../../../../src/worker/agents/offline/run-offline-coder.ts'
import type { AgentResult } from '../../../../src/worker/agent-runtime.ts'
import { makeJob, specify, writeDocument, type Held, type JobOptions } from './support.ts'

/** The coders of the playbook in their order, each of which works on what the one before handed in. */
export const CODERS = [
  'database',
  'backend',
  'frontend',
  'integration',
  'test',
  'story-implementer',
  'story-tester',
  'responsive',
] as const
export type Coder = (typeof CODERS)[number]

/** Everything that the coders of an idea are given. */
export const designAll = async (idea: string): Promise<Held> => {
  const documents = await specify(idea)
  const StyleGuide = await writeDocument('StyleGuide', { idea, documents })
  const styled = { ...documents, StyleGuide }
  const DesignSystem = await writeDocument('DesignSystem', { idea, documents: styled })
  const MotionSpec = await writeDocument('MotionSpec', { idea, documents: styled })
  return { ...styled, DesignSystem, MotionSpec }
}

const STORIES: readonly string[] = ['story-implementer', 'story-tester', 'story-fixer']
const STYLE: readonly string[] = ['responsive', 'aesthetic-fixer']

/** What each coder is given: the stories belong to the story loop, the design to the last phase. */
const getDocuments = (coder: string, all: Held): Held => {
  const { UserStories, StyleGuide, DesignSystem, MotionSpec, ...first } = all
  if (STORIES.includes(coder)) return { ...first, UserStories }
  return STYLE.includes(coder) ? { ...first, StyleGuide, DesignSystem, MotionSpec } : first
}

/** One coder's turn in a folder. */
export const takeTurn = (
  coder: string,
  of: { readonly idea: string; readonly documents: Held; readonly dir: string } & Pick<
    JobOptions,
    'fix' | 'notes'
  >,
): Promise<AgentResult> =>
  runOfflineCoder(
    makeJob({
      idea: of.idea,
      output: 'SourceCode',
      agent: coder,
      dir: of.dir,
      documents: getDocuments(coder, of.documents),
      ...(of.fix === undefined ? {} : { fix: of.fix }),
      ...(of.notes === undefined ? {} : { notes: of.notes }),
    }),
  )
