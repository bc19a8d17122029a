import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

const Range = z.object({ startOffset: z.int().min(0), endOffset: z.int().min(0), count: z.number().min(0) })
const CoverageFile = z.object({
  result: z.array(
    z.object({ url: z.string(), functions: z.array(z.object({ ranges: z.array(Range).min(1) })) }),
  ),
})
type Range = z.infer<typeof Range>

/** More than any honest suite writes; a flood of files is not read to its end. */
const MAX_FILES = 500
const MAX_BYTES = 64 * 1024 * 1024

/** Lines that hold code, as [start, end) offsets; blank lines and whole-line comments are none. */
export const listCodeLines = (text: string): [number, number][] => {
  const lines: [number, number][] = []
  let inComment = false
  let start = 0
  for (const line of text.split('\n')) {
    const code = line.trim()
    const opens: boolean = inComment || code.startsWith('/*')
    const closesAt: number = opens ? code.indexOf('*/') : -1
    const after = closesAt >= 0 ? code.slice(closesAt + 2).trim() : ''
    inComment = opens && closesAt < 0
    const isCode = opens ? after !== '' : code !== '' && !code.startsWith('//') && !code.startsWith('#!')
    if (isCode) lines.push([start + line.indexOf(code), start + line.trimEnd().length])
    start += line.length + 1
  }
  return lines
}

/** Marks in `covered` each offset that one process ran. V8 lists ranges with the enclosing one first. */
const mark = (covered: Uint8Array, functions: readonly { readonly ranges: readonly Range[] }[]): void => {
  const ran = new Uint8Array(covered.length)
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  for (const [offset, value] of ran.entries()) if (value === 1) covered[offset] = 1
}

const readCoverage = async (folder: string): Promise<z.infer<typeof CoverageFile>['result']> => {
  const names = (await readdir(folder))
    .filter((name) => /^coverage-.*\.json$/u.test(name))
    .slice(0, MAX_FILES)
  const found: z.infer<typeof CoverageFile>['result'] = []
  for (const name of names) {
    const facts = await stat(join(folder, name))
    if (!facts.isFile() || facts.size > MAX_BYTES) continue
    const parsed = CoverageFile.safeParse(parseJson(await readFile(join(folder, name), 'utf8')))
    // A process that was killed while it wrote leaves half a file; the lines it ran stay uncovered.
    if (parsed.success) found.push(...parsed.data.result)
  }
  return found
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** `uncovered` are numbers of code lines that nothing ran, from 1. */
export type Covered = {
  readonly file: string
  readonly lines: number
  readonly covered: number
  readonly uncovered: readonly number[]
}

/** Numbers of the lines that begin at these offsets, from 1; offsets rise. */
const getLineNumbers = (text: string, offsets: readonly number[]): number[] => {
  let line = 1
  let at = 0
  return offsets.map((offset) => {
    for (; at < offset; at += 1) if (text[at] === '\n') line += 1
    return line
  })
}

/**
 * Lines of each source that some process of some run executed, from V8's own counters. `runs` name a copy of
 * the checkout and the folder its processes wrote to. A source that never was loaded counts in full.
 */
export const getLineCoverage = async (
  dir: string,
  sources: readonly string[],
  runs: readonly { readonly root: string; readonly coverageDir: string | null }[],
): Promise<Covered[]> => {
  const texts = new Map<string, string>()
  for (const file of sources) texts.set(file, await readFile(join(dir, file), 'utf8'))
  const marks = new Map([...texts].map(([file, text]) => [file, new Uint8Array(text.length)]))
  for (const { root, coverageDir } of runs) {
    const byUrl = new Map(sources.map((file) => [pathToFileURL(join(root, file)).href, file]))
    for (const { url, functions } of coverageDir === null ? [] : await readCoverage(coverageDir)) {
      // A module may be loaded under a query; it is the same file.
      const covered = marks.get(byUrl.get(url.split(/[?#]/u)[0] ?? '') ?? '')
      if (covered) mark(covered, functions)
    }
  }
  return [...texts].map(([file, text]) => {
    const lines = listCodeLines(text)
    const hits = marks.get(file) ?? new Uint8Array()
    const isRun = ([start, end]: [number, number]) => hits.subarray(start, end).some((hit) => hit === 1)
    const missed = lines.filter((line) => !isRun(line)).map(([start]) => start)
    const uncovered = getLineNumbers(text, missed)
    return { file, lines: lines.length, covered: lines.length - missed.length, uncovered }
  })
}
