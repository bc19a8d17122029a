import { findDocumentContract } from '@ropewalk/core/contract/documents'
import type { CommitFiles } from '../read-commit.ts'

/** Where the documents of a run stand in the repository that it worked on. */
export const SPECS_FOLDER = '.ropewalk/specs'

/** The documents that outlive a run: the next one updates them. */
export const SPEC_NAMES = ['PRD', 'UserStories', 'DataModel', 'OpenAPI', 'ArchitectureDoc'] as const
export type SpecName = (typeof SPEC_NAMES)[number]

export const getSpecPath = (name: SpecName): string => `${SPECS_FOLDER}/${name}.json`

export type EarlierSpec = { readonly name: SpecName; readonly content: unknown }

/**
 * The documents that an earlier run left in the repository, by their contracts. One that breaks its contract
 * is not taken over; `notes` says which and why.
 */
export const readEarlierSpecs = async (
  files: CommitFiles,
): Promise<{ readonly specs: readonly EarlierSpec[]; readonly notes: readonly string[] }> => {
  const specs: EarlierSpec[] = []
  const notes: string[] = []
  for (const name of SPEC_NAMES) {
    const path = getSpecPath(name)
    const text = await files.readText(path)
    if (text === undefined) continue
    const problem = takeSpec(name, text, specs)
    if (problem !== undefined) notes.push(`${path} is not taken over: ${problem}`.slice(0, 1900))
  }
  return { specs, notes }
}

const takeSpec = (name: SpecName, text: string, specs: EarlierSpec[]): string | undefined => {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return 'it is not valid JSON.'
    throw error
  }
  const parsed = findDocumentContract(name)?.safeParse(content)
  if (parsed?.success === true) {
    specs.push({ name, content: parsed.data })
    return undefined
  }
  const issue = parsed?.error.issues[0]
  return `at /${issue?.path.map(String).join('/') ?? ''}, ${issue?.message ?? 'it breaks its contract'}.`
}
