import { RopewalkError } from '@ropewalk/core/errors'

export type Edit = { readonly search: string; readonly replace: string }

const refuse = (message: string): RopewalkError => new RopewalkError('INVALID_ARGUMENT', message)

/** `content` with each edit made in turn. Throws INVALID_ARGUMENT where a search text is not there exactly once. */
export const applyEdits = (content: string, edits: readonly Edit[]): string =>
  edits.reduce((text, { search, replace }, index) => {
    const first = text.indexOf(search)
    if (first === -1)
      throw refuse(
        `Edit ${String(index + 1)}: the search text is not in the file; nothing was changed. Read the file again.`,
      )
    if (text.indexOf(search, first + 1) !== -1)
      throw refuse(
        `Edit ${String(index + 1)}: the search text is in the file more than once; nothing was changed. Take more lines into it.`,
      )
    return text.slice(0, first) + replace + text.slice(first + search.length)
  }, content)

type Hunk = {
  readonly oldStart: number
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly noNewline: boolean
}

/** One file of a unified diff; a null path is `/dev/null`. */
export type FileDiff = {
  readonly from: string | null
  readonly to: string | null
  readonly hunks: readonly Hunk[]
}

const HUNK_HEAD = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/u

/** The files of a unified diff. Throws INVALID_ARGUMENT where a hunk's counts and lines differ. */
export const parseUnifiedDiff = (diff: string): readonly FileDiff[] => {
  const lines = diff.replaceAll('\r\n', '\n').split('\n')
  if (lines.at(-1) === '') lines.pop()
  const files: { from: string | null; to: string | null; hunks: Hunk[] }[] = []
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? ''
    const below = lines[at + 1] ?? ''
    if (line.startsWith('--- ') && below.startsWith('+++ ')) {
      files.push({ from: getDiffPath(line), to: getDiffPath(below), hunks: [] })
      at += 2
    } else if (line.startsWith('@@')) {
      const file = files.at(-1)
      if (file === undefined) throw refuse('The diff has a hunk before its --- and +++ lines.')
      const { hunk, next } = parseHunk(lines, at)
      file.hunks.push(hunk)
      at = next
    } else if (/^(?:diff |index |new file|deleted file|old mode|new mode|similarity |rename |$)/u.test(line))
      at += 1
    else
      throw refuse(
        `Line ${String(at + 1)} of the diff is neither a head nor part of a hunk: ${line.slice(0, 120)}`,
      )
  }
  if (files.length === 0) throw refuse('The diff names no file; it needs lines that begin with --- and +++.')
  return files
}

const getDiffPath = (line: string): string | null => {
  const path = line.slice(4).split('\t')[0]?.trim() ?? ''
  return path === '/dev/null' ? null : path.replace(/^[ab]\//u, '')
}

const parseHunk = (lines: readonly string[], head: number): { hunk: Hunk; next: number } => {
  const [, oldStart = '0', oldCount = '1', , newCount = '1'] = HUNK_HEAD.exec(lines[head] ?? '') ?? []
  const before: string[] = []
  const after: string[] = []
  let noNewline = false
  let at = head + 1
  while (at < lines.length && (before.length < Number(oldCount) || after.length < Number(newCount))) {
    const line = lines[at] ?? ''
    const content = line.slice(1)
    // An editor that strips trailing blanks leaves an empty context line without its leading space.
    if (line === '' || line.startsWith(' ')) {
      before.push(content)
      after.push(content)
    } else if (line.startsWith('-')) before.push(content)
    else if (line.startsWith('+')) after.push(content)
    else if (!line.startsWith('\\')) break
    at += 1
  }
  while (lines[at]?.startsWith('\\') === true) {
    noNewline = true
    at += 1
  }
  if (before.length !== Number(oldCount) || after.length !== Number(newCount))
    throw refuse(
      `The hunk at line ${String(head + 1)} of the diff states other numbers of lines than it has; nothing was changed.`,
    )
  return { hunk: { oldStart: Number(oldStart), before, after, noNewline }, next: at }
}

/**
 * `content` with the hunks applied, each at the line it states or, failing that, at the only place where its
 * old lines stand. Throws INVALID_ARGUMENT where there is none or more than one; there is no fuzz.
 */
export const applyHunks = (content: string, hunks: FileDiff['hunks']): string => {
  const endsWithNewline = content.endsWith('\n')
  const lines = content === '' ? [] : (endsWithNewline ? content.slice(0, -1) : content).split('\n')
  let shift = 0
  let floor = 0
  for (const [index, hunk] of hunks.entries()) {
    const stated = hunk.before.length === 0 ? hunk.oldStart + shift : hunk.oldStart - 1 + shift
    const at = findHunk(lines, hunk, { stated, floor })
    if (at === undefined)
      throw refuse(
        `Hunk ${String(index + 1)}: its old lines are not in the file, or not in one place only; nothing was changed. Read the file again.`,
      )
    lines.splice(at, hunk.before.length, ...hunk.after)
    shift =
      at + hunk.after.length - (hunk.oldStart - 1 + hunk.before.length) - (hunk.before.length === 0 ? 1 : 0)
    floor = at + hunk.after.length
  }
  const last = hunks.at(-1)
  const isCut = last?.noNewline === true && floor === lines.length
  return lines.length === 0
    ? ''
    : `${lines.join('\n')}${isCut || (content !== '' && !endsWithNewline && floor < lines.length) ? '' : '\n'}`
}

const findHunk = (
  lines: readonly string[],
  hunk: Hunk,
  place: { readonly stated: number; readonly floor: number },
): number | undefined => {
  const fits = (at: number) =>
    at >= place.floor &&
    at + hunk.before.length <= lines.length &&
    hunk.before.every((line, offset) => lines[at + offset] === line)
  if (fits(place.stated)) return place.stated
  if (hunk.before.length === 0) return undefined
  const places = lines.keys().filter(fits).take(2).toArray()
  return places.length === 1 ? places[0] : undefined
}
