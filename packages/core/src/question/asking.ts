import type { QuestionPolicy, Risk } from '../contract/project-question.ts'
import type { ClarificationMode } from '../contract/run-plan.ts'

/**
 * Whether a question waits for somebody, and what its deadline does. Autonomous work asks nobody, whatever the
 * asker wants; hybrid asks where being wrong costs something, and takes what has no risk named as such; human asks
 * everything, and waits unless the asker has said that the default may be taken.
 */
export const getAsking = (
  mode: ClarificationMode,
  { risk, policy }: { readonly risk: Risk | null; readonly policy: QuestionPolicy | null },
): 'assume' | QuestionPolicy => {
  if (mode === 'autonomous') return 'assume'
  if (mode === 'hybrid') return risk === 'low' ? 'assume' : (policy ?? 'decide')
  return policy === 'decide' ? 'decide' : 'wait'
}
