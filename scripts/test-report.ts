import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'

export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number }

type Assertion = {
  readonly status: string
  readonly ancestorTitles: readonly string[]
  readonly title: string
}
type FileReport = {
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly Assertion[]
}

/**
 * Counts Vitest's JSON report. A file that failed before or beside its tests counts as one failed test;
 * a report that was never written as one too. Skipped tests are named by file and group.
 */
export async function readReport(
  file: string,
  root: string,
): Promise<Tally & { readonly skippedTitles: readonly string[] }> {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, skippedTitles: [] }
  const { testResults } = JSON.parse(await readFile(file, 'utf8')) as { testResults: readonly FileReport[] }
  return countReport(testResults, root)
}

export function countReport(
  files: readonly FileReport[],
  root: string,
): Tally & { readonly skippedTitles: readonly string[] } {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const skipped = new Map<string, number>()
  for (const file of files) {
    const failedBefore = total.failed
    for (const assertion of file.assertionResults) {
      if (assertion.status === 'passed') total.passed += 1
      else if (assertion.status === 'failed') total.failed += 1
      else {
        total.skipped += 1
        const group = [
          relative(root, file.name),
          ...assertion.ancestorTitles.filter(Boolean).slice(0, 1),
        ].join(' › ')
        skipped.set(group, (skipped.get(group) ?? 0) + 1)
      }
    }
    if (file.status === 'failed' && total.failed === failedBefore) total.failed += 1
  }
  const skippedTitles = [...skipped].map(([group, count]) => `${count} of ${group}`)
  return { ...total, skippedTitles }
}

/** The reasons that tests noted for skipping themselves, each once. */
export async function readNotes(file: string): Promise<readonly string[]> {
  if (!existsSync(file)) return []
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return [...new Set(lines)].toSorted()
}
