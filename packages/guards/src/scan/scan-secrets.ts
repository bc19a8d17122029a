import { z } from 'zod'
import { GITLEAKS } from './adapters/gitleaks.ts'
import { runProgram } from './adapters/run-program.ts'
import type { Scan, ScanPart } from './finding.ts'
import type { Scanner, ScanInput } from './scan-input.ts'
import { getText, listSourceTexts, makeUnreadFindings } from './source-texts.ts'
import { analyseApart } from './apart/analyse-apart.ts'

const ANALYSIS = new URL('./apart/secrets-analysis.ts', import.meta.url)

/** Every file a checkout can hold is scanned, whatever its kind: a token in a picture is still a token. */
const LIMITS = { fileBytes: 32 * 1024 ** 2, totalBytes: 256 * 1024 ** 2, files: 20_000 }

const readVersion = async (): Promise<string> => {
  const facts = await import('@secretlint/core/package.json', { with: { type: 'json' } })
  return z.object({ version: z.string() }).parse(facts.default).version
}

/** Secrets in files and documents as secretlint finds them; comments that switch it off have no effect. */
export const scanWithSecretlint = async (
  input: Pick<ScanInput, 'dir' | 'texts'>,
): Promise<{ readonly part: ScanPart; readonly scannedFiles: number }> => {
  const { sources, unread } = await listSourceTexts(input.dir, () => true, LIMITS)
  const documents = input.texts.map(({ name, bytes }) => ({
    name: `artifact ${name}`,
    read: () => Promise.resolve(getText(bytes)),
  }))
  const found = await analyseApart(ANALYSIS, [...sources, ...documents])
  const part: ScanPart = {
    part: 'secretlint',
    tool: 'secretlint',
    toolVersion: await readVersion(),
    argv: null,
    outcome: 'done',
    reason: null,
    extra: false,
    findings: [...found.findings, ...makeUnreadFindings([...unread, ...found.unread])],
  }
  return { part, scannedFiles: sources.length + documents.length }
}

/** Secrets in the checkout and the run's documents. Each is critical; none is repeated in the report. */
export const scanSecrets: Scanner = async (input): Promise<Scan> => {
  const { part, scannedFiles } = await scanWithSecretlint(input)
  return { parts: [part, await runProgram(input, GITLEAKS, true)], scannedFiles, notes: [] }
}
