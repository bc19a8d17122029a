import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { findDocumentContract, type DocumentName, type DocumentOf } from '@ropewalk/core/contract/documents'
import type { RunConfined } from '../../src/guard.ts'
import type { Finding, Scan } from '../../src/scan/finding.ts'
import { ScanSettings } from '../../src/scan/scan-input.ts'
import { SCANNERS, type ScannerName } from '../../src/scan/scanners.ts'
import { findTool } from '../../src/tools/registry.ts'
import type { ToolResult } from '../../src/tool.ts'
import { makeArtifact, makeCheckout, makeFolder, runSpawned } from '../support.ts'

export const COMMIT = 'a'.repeat(40)

type Files = Readonly<Record<string, string>>

type Facts = {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly runConfined?: RunConfined
  readonly inputs?: Readonly<Record<string, unknown>>
}

/** Runs a scanner over these files, or over a folder that a test has prepared. */
export const scan = (scanner: ScannerName, files: Files | string, facts: Facts = {}): Promise<Scan> =>
  SCANNERS[scanner]({
    dir: typeof files === 'string' ? files : makeCheckout(files),
    texts: [],
    scratch: makeFolder(),
    runConfined: facts.runConfined ?? runSpawned,
    now: () => '2026-01-31T12:00:00.000Z',
    settings: ScanSettings.parse(facts.settings ?? {}),
  })

/** All findings of a scan as `severity rule file:line`, sorted, for short comparisons. */
export const tell = ({ parts }: Pick<Scan, 'parts'>): string[] =>
  parts
    .flatMap(({ findings }) => findings)
    .map(({ severity, rule, file, line }: Finding) => `${severity} ${rule} ${file ?? '-'}:${line ?? '-'}`)
    .toSorted()

/** Runs a tool over these files and gives back its document, held to its contract. */
export const runTool = async <N extends DocumentName>(
  name: string,
  document: N,
  files: Files | string | null,
  facts: Facts = {},
): Promise<ToolResult & { readonly document: DocumentOf<N> }> => {
  const tool = findTool(name)
  if (tool === undefined) throw new Error(`There is no tool ${name}.`)
  const dir = files === null ? null : typeof files === 'string' ? files : makeCheckout(files)
  const result = await tool.run({
    worktree: dir === null ? null : { dir, commit: COMMIT },
    before: null,
    inputs: Object.entries(facts.inputs ?? {}).map(([key, content]) => makeArtifact(key, content)),
    scratch: makeFolder(),
    runConfined: facts.runConfined ?? runSpawned,
    now: () => '2026-01-31T12:00:00.000Z',
    settings: facts.settings ?? {},
  })
  const parsed = findDocumentContract(document)?.safeParse(result.document)
  expect(parsed?.error?.issues ?? []).toEqual([])
  return { ...result, document: parsed?.data as DocumentOf<N> }
}

/**
 * An executable that stands in for a scanner people install: it answers `version` and writes `report` to the file
 * that its arguments name, with `@code` for the folder it was shown and `@seen` for what lies in it. The reports are written by us, in the shape that
 * the scanner's documentation gives; they prove how we read such a report, not that the scanner writes it.
 */
export const makeStandIn = (of: {
  readonly name: string
  readonly report: string
  readonly exitCode?: number
}): { readonly path: string; readonly folder: string } => {
  const folder = join(makeFolder(), 'bin')
  mkdirSync(folder)
  const path = join(folder, of.name)
  writeFileSync(join(folder, 'report.txt'), of.report)
  writeFileSync(
    path,
    `#!/bin/sh
for one; do
  case "$one" in
    version | --version) echo '${of.name} 9.8.7'; exit 0 ;;
    --report-path=* | --output=*) target="\${one#*=}" ;;
    --source=*) code="\${one#--source=}" ;;
    */code) code="$one" ;;
  esac
done
seen="$(ls -A "$code" 2>/dev/null | tr '\\n' ' ')"
sed "s#@code#$code#g; s#@seen#$seen#g" "$(dirname "$0")/report.txt" > "$target"
exit ${of.exitCode ?? 0}
`,
  )
  chmodSync(path, 0o755)
  return { path, folder }
}
