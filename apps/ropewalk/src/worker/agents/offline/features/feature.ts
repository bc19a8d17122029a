import type { Requirement } from '@ropewalk/core/contract/documents'
import type { Design, FeatureName } from '../design.ts'

/**
 * One thing a service can do, in the language of the documents. `pattern` recognises it in a goal, a title or
 * a statement, also in other words than ours; `read` takes back from such a sentence what it decides.
 */
export type Feature = {
  readonly name: FeatureName
  readonly pattern: RegExp
  readonly title: (design: Design) => string
  readonly goal: (design: Design) => string
  readonly statement: (design: Design) => string
  readonly acceptance: (design: Design) => readonly string[]
  readonly priority: Requirement['priority']
  readonly want: (design: Design) => string
  readonly soThat: (design: Design) => string
  readonly read?: (sentence: string, design: Design) => Design
}
