import type { z } from 'zod'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Scan } from '../scan/finding.ts'
import { makeNotRunPart } from '../scan/make-part.ts'
import { makeReport } from '../scan/make-report.ts'
import { ScanSettings, type ScanInput } from '../scan/scan-input.ts'
import type { Tool, ToolInput } from '../tool.ts'

export const VERSION = '1.0.0'

/** Settings of a tool by its contract. Throws INVALID_ARGUMENT naming the field. */
export const parseSettings = <S extends z.ZodType>(
  tool: string,
  contract: S,
  settings: ToolInput['settings'],
): z.infer<S> => {
  const parsed = contract.safeParse(settings)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.map(String).join('.') ?? ''
  throw new RopewalkError('INVALID_ARGUMENT', `Settings of ${tool}: ${where}: ${issue?.message ?? 'unknown'}`)
}

/** What a scanner is given of a tool's input. Code is scanned as files, so that bundles are left out. */
export const makeScanInput = (tool: string, input: ToolInput): ScanInput => ({
  ...input,
  dir: input.worktree?.dir ?? null,
  texts: input.inputs
    .filter(({ artifact }) => artifact.commit === null)
    .map(({ artifact, bytes }) => ({ name: artifact.name, bytes })),
  settings: parseSettings(tool, ScanSettings, input.settings),
})

/** A tool that runs one scanner over the commit of SourceCode and hands in its report. */
export const makeScanTool = <S extends Scan>(definition: {
  readonly name: string
  readonly scan: (input: ScanInput) => Promise<S>
  /** Fields of the document beside those of a scan report. */
  readonly getMore?: (scan: S | null) => Readonly<Record<string, unknown>>
}): Tool => {
  const { name, scan, getMore = () => ({}) } = definition
  return {
    name,
    version: VERSION,
    run: async (input) => {
      if (input.worktree === null) {
        const parts = [makeNotRunPart(name, `ropewalk-${name}`, 'There is no code to scan.', false)]
        const report = makeReport(name, { parts, scannedFiles: 0, notes: [] }, null)
        return { document: { ...report, ...getMore(null) } }
      }
      const found = await scan(makeScanInput(name, input))
      const report = makeReport(name, found, input.worktree.commit)
      const ran = found.parts.flatMap(({ argv }) => (argv === null ? [] : [{ argv, exitCode: null }]))
      return { document: { ...report, ...getMore(found) }, ran }
    },
  }
}
