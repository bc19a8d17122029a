import { z } from 'zod'
import { findProgram, runProgram } from './adapters/run-program.ts'
import { makeSemgrep } from './adapters/semgrep.ts'
import type { Scan, ScanPart } from './finding.ts'
import type { ScanInput, Scanner } from './scan-input.ts'
import { listSourceTexts, makeUnreadFindings } from './source-texts.ts'
import { analyseApart } from './apart/analyse-apart.ts'
import { makeNotRunPart } from './make-part.ts'

const CODE_FILE = /\.(?:js|mjs|cjs|jsx|ts|mts|cts|tsx)$/u
/** Code in languages that ESLint does not read: without semgrep nobody has looked at it. */
const OTHER_CODE_FILE = /\.(?:py|rb|php|go|rs|java|kt|cs|c|h|cc|cpp|swift|scala|sh|lua|pl|vue|svelte)$/u

const SAST = new URL('./apart/sast-analysis.ts', import.meta.url)
const LINT = new URL('./apart/lint-analysis.ts', import.meta.url)

const readVersion = async (): Promise<string> => {
  const facts = await import('eslint/package.json', { with: { type: 'json' } })
  return z.object({ version: z.string() }).parse(facts.default).version
}

const scanWithEslint = async (
  input: ScanInput,
  module: URL,
): Promise<{ readonly part: ScanPart; readonly scannedFiles: number }> => {
  const { sources, unread } = await listSourceTexts(input.dir, (file) => CODE_FILE.test(file))
  const found = await analyseApart(module, sources)
  return {
    part: {
      part: 'eslint',
      tool: 'eslint',
      toolVersion: await readVersion(),
      argv: null,
      outcome: 'done',
      reason: null,
      extra: false,
      findings: [...found.findings, ...makeUnreadFindings([...unread, ...found.unread])],
    },
    scannedFiles: sources.length,
  }
}

const scanWithSemgrep = async (input: ScanInput, isNeeded: boolean): Promise<ScanPart> => {
  const rules = input.settings.semgrep_rules
  if (rules !== undefined) return runProgram(input, makeSemgrep(rules), false)
  const isThere = (await findProgram(input, 'semgrep')) !== undefined
  const reason = isThere
    ? 'semgrep has no rules of its own without a network; settings.semgrep_rules may name some.'
    : 'semgrep is not installed.'
  return makeNotRunPart('semgrep', 'semgrep', reason, !isNeeded)
}

/**
 * Places in the code where an attacker could get a hold, under rules of ours. No configuration and no comment
 * of the project has an effect, and none of its code is run.
 */
export const scanStaticSecurity: Scanner = async (input): Promise<Scan> => {
  const { part, scannedFiles } = await scanWithEslint(input, SAST)
  const other = await listSourceTexts(input.dir, (file) => OTHER_CODE_FILE.test(file))
  const semgrep = await scanWithSemgrep(input, other.sources.length > 0)
  const files = scannedFiles + (semgrep.outcome === 'done' ? other.sources.length : 0)
  const notes = [
    ...(files === 0 && other.sources.length === 0 ? ['There is no code to look at.'] : []),
    ...(other.sources.length > 0
      ? [`${other.sources.length} files are in languages that only semgrep reads.`]
      : []),
  ]
  return { parts: [part, semgrep], scannedFiles: files, notes }
}

/** Likely faults (medium) and careless places (low) in JavaScript and TypeScript, under fixed rules of ours. */
export const scanLint: Scanner = async (input): Promise<Scan> => {
  const { part, scannedFiles } = await scanWithEslint(input, LINT)
  const notes = scannedFiles === 0 ? ['There is no JavaScript or TypeScript to look at.'] : []
  return { parts: [part], scannedFiles, notes }
}
