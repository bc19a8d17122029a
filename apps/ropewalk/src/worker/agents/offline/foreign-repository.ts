import { walkWorktree } from '../tools/walk-worktree.ts'
import { readTextFile } from '../tools/worktree-path.ts'
import { RopewalkError } from '@ropewalk/core/errors'
import { findDescribed, REPRODUCTION_PATH, writeReproduction } from './reproduction.ts'
import { toMarkdown } from './service/literal.ts'
import { OFFLINE_MAKER } from './version.ts'
import { clip, getPlainLine } from './words.ts'

/** Where the note stands: a name that no project has for its own. */
export const NOTE_PATH = 'NOTES-ropewalk.md'

/** Files looked at, so that a large repository costs seconds. */
const MAX_FILES = 2000
const MAX_PLACES = 20
const TEXT =
  /\.(?:[cm]?[jt]sx?|py|go|rb|rs|java|kt|cs|php|swift|c|h|cc|cpp|hpp|md|txt|json|ya?ml|toml|html|css|sh)$/iu

/** What a description names as code: paths, calls, and words in backquotes or between quotes. */
const listNamed = (text: string): string[] => {
  const quoted = [...text.matchAll(/[`"“]([^`"”\n]{2,80})[`"”]/gu)].map(([, inner = '']) => inner.trim())
  const calls = [...text.matchAll(/\b([A-Za-z_$][\w$]{2,60})\(/gu)].map(([, name = '']) => name)
  const names = [...text.matchAll(/\b(?:[a-z]+[A-Z]\w{2,60}|[a-z]+_\w{2,60})\b/gu)].map(([name]) => name)
  return [...new Set([...quoted, ...calls, ...names])].slice(0, 10)
}

type Place = { readonly path: string; readonly line: number; readonly word: string }

const findText = async (dir: string, path: string): Promise<string> => {
  try {
    return await readTextFile(dir, path)
  } catch (error) {
    // What is too large or no text is not looked into.
    if (error instanceof RopewalkError) return ''
    throw error
  }
}

const findPlaces = async (
  dir: string,
  paths: readonly string[],
  words: readonly string[],
): Promise<Place[]> => {
  const places: Place[] = []
  for (const path of words.length === 0 ? [] : paths.filter((each) => TEXT.test(each))) {
    for (const [index, line] of (await findText(dir, path)).split('\n').entries()) {
      const word = words.find((each) => line.includes(each))
      if (word !== undefined) places.push({ path, line: index + 1, word })
      if (places.length >= MAX_PLACES) return places
    }
  }
  return places
}

const list = (items: readonly string[]): string =>
  items.length === 0 ? 'None.\n' : items.map((item) => `- ${item}\n`).join('')

/** What a request says of a repository that rules did not write. */
export type Request = {
  readonly files: ReadonlyMap<string, string>
  /** A test of what the request says is wrong, where it says it precisely enough; to be kept if it fails. */
  readonly reproduction: string | null
}

const MODULE = /\.(?:m?js|cjs)$/u

const findReproduction = async (
  dir: string,
  text: string,
  named: readonly string[],
): Promise<string | null> => {
  const usesNodeTest = /\bnode\b[^"\n]*--test\b/u.test(await findText(dir, 'package.json'))
  if (!usesNodeTest) return null
  const modules = named.filter((path) => MODULE.test(path) && /^[\w./-]+$/u.test(path))
  const files = await Promise.all(modules.map(async (path) => ({ path, text: await findText(dir, path) })))
  const described = findDescribed(text, files)
  return described === undefined ? null : writeReproduction(described)
}

/**
 * What rules can honestly add to a repository that they did not write: a note of what was asked and where the
 * words of the description stand in the code, and a test that shows the fault where the request names file,
 * call and right answer. Nothing is mended.
 */
export const readRequest = async (idea: string, dir: string): Promise<Request> => {
  const all = await walkWorktree(dir, '', MAX_FILES)
  const paths = all.filter((path) => path !== NOTE_PATH && path !== REPRODUCTION_PATH)
  const text = getPlainLine(idea)
  const named = paths.filter((path) => text.includes(path))
  const places = await findPlaces(dir, paths, listNamed(text))
  const note = `# What was asked of this repository

> ${toMarkdown(clip(text, 2000))}

No language model was there, and rules (${OFFLINE_MAKER.tool} ${OFFLINE_MAKER.toolVersion}) change no code that they did not
write. Nothing was built or mended; the request above is open. Where it names a call and its right answer,
\`${REPRODUCTION_PATH}\` shows the fault.

## Files that the request names

${list(named.map(toMarkdown))}
## Where its words stand

${list(places.map(({ path, line, word }) => `${toMarkdown(path)}, line ${String(line)}: ${toMarkdown(word)}`))}`
  return { files: new Map([[NOTE_PATH, note]]), reproduction: await findReproduction(dir, text, named) }
}
