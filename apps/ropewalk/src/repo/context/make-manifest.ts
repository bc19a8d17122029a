import { RepoManifest } from '@ropewalk/core/contract/documents'
import type { RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import type { CommitFiles } from '../read-commit.ts'
import { isCodeFile, isTestFile } from './find-texts.ts'

/** How a Node service reads the port that it is given. */
const PORT = /process\.env(?:\.([A-Z][A-Z0-9_]*PORT|PORT)\b|\[['"]([A-Z0-9_]*PORT)['"]\])/u

const findPort = async (files: CommitFiles, paths: readonly string[]): Promise<string | null> => {
  for (const path of paths) {
    const [, dotted, indexed] = PORT.exec((await files.readText(path)) ?? '') ?? []
    const name = dotted ?? indexed
    if (name !== undefined) return name
  }
  return null
}

/**
 * The manifest that the checks of code go by, from what was found; undefined, with the reason, for a project
 * that has no code or no test to name. `language` is node only where Node's own runner runs the tests: no
 * other runner's report can be sealed.
 */
export const makeManifest = async (
  context: RepoContext,
  files: CommitFiles,
): Promise<{ readonly manifest: RepoManifest } | { readonly lack: string }> => {
  const paths = files.entries.filter(({ mode }) => mode !== '120000').map(({ path }) => path)
  const tests = paths.filter(isTestFile).slice(0, 500)
  const sources = paths.filter((path) => isCodeFile(path) && !isTestFile(path)).slice(0, 2000)
  const entry = context.entry_points[0]?.path ?? sources[0]
  if (entry === undefined) return { lack: 'It has no file of code that is known by its name.' }
  if (tests.length === 0) return { lack: 'It has no test file that is known by its name.' }
  const isNodeTest = context.test_runner === 'node:test'
  const { build, test, lint, start } = context.commands
  const portEnv = await findPort(files, [entry, ...sources.slice(0, 200)])
  const isService = context.kind === 'service' && start !== null && portEnv !== null
  const isTool = context.kind === 'tool'
  return {
    manifest: RepoManifest.parse({
      kind: isService ? 'service' : isTool ? 'tool' : 'library',
      language: isNodeTest ? 'node' : 'other',
      entry,
      start: isService && start.argv.length <= 20 ? start.argv : null,
      tests,
      sources: sources.length === 0 ? [entry] : sources,
      port_env: isService ? portEnv : null,
      commands: {
        build: build?.argv ?? null,
        test: isNodeTest ? null : (test?.argv ?? null),
        lint: lint?.argv ?? null,
      },
    }),
  }
}
