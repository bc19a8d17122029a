import { readFile } from 'node:fs/promises'
import type { RulesetDefinition } from '@stoplight/spectral-core'
import { z } from 'zod'
import { listValues } from '../text/json-pointer.ts'

/** One thing that Spectral found, as a JSON pointer into the document. */
export type LintFinding = {
  readonly pointer: string
  readonly rule: string
  readonly message: string
  readonly severity: 'error' | 'warning' | 'hint'
}
export type Linted = { readonly findings: readonly LintFinding[]; readonly toolVersion: string }

const SEVERITIES = ['error', 'warning', 'hint', 'hint'] as const

const getPointer = (path: readonly (string | number)[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** References that lead out of the document: Spectral would open the file or call the address they name. */
export const listOutsideReferences = (document: unknown): { pointer: string; value: string }[] =>
  listValues(document).flatMap(({ pointer, value }) =>
    pointer.endsWith('/$ref') && typeof value === 'string' && !value.startsWith('#')
      ? [{ pointer, value }]
      : [],
  )

/** The package does not export its package.json, so it is read beside the entry. */
const readVersion = async (): Promise<string> => {
  const file = new URL('../package.json', import.meta.resolve('@stoplight/spectral-core'))
  return z.object({ version: z.string() }).parse(JSON.parse(await readFile(file, 'utf8'))).version
}

/**
 * What Spectral's own OAS rules say of a document. It must hold no reference that leads out of it
 * (`listOutsideReferences`), or the check would read files and addresses that the document chose.
 */
export const lintOpenApi = async (document: Readonly<Record<string, unknown>>): Promise<Linted> => {
  const [core, rulesets, toolVersion] = await Promise.all([
    import('@stoplight/spectral-core'),
    import('@stoplight/spectral-rulesets'),
    readVersion(),
  ])
  const spectral = new core.Spectral()
  spectral.setRuleset({ extends: [rulesets.oas as RulesetDefinition] })
  const found = await spectral.run(document)
  return {
    findings: found.map((one) => ({
      pointer: getPointer(one.path),
      rule: String(one.code),
      message: one.message,
      severity: SEVERITIES[one.severity],
    })),
    toolVersion,
  }
}
