import { walkWorktree } from '../tools/walk-worktree.ts'
import { readTextFile } from '../tools/worktree-path.ts'
import { RopewalkError } from '@ropewalk/core/errors'
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
  for (const path of words.length === 0
    ? []
    : paths.filter((each) => TEXT.test(each) && each !== NOTE_PATH)) {
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

/**
 * What rules can honestly add to a repository that they did not write: a note of what was asked and where the
 * words of the description stand in the code. Nothing is mended and no test is made.
 */
export const makeNote = async (
  idea: string,
  dir: string,
): Promise<{ readonly files: ReadonlyMap<string, string>; readonly notes: readonly string[] }> => {
  const paths = await walkWorktree(dir, '', MAX_FILES)
  const text = getPlainLine(idea)
  const named = paths.filter((path) => path !== NOTE_PATH && text.includes(path))
  const places = await findPlaces(dir, paths, listNamed(text))
  const note = `# What was asked of this repository

> ${toMarkdown(clip(text, 2000))}

No language model was there, and rules (${OFFLINE_MAKER.tool} ${OFFLINE_MAKER.toolVersion}) change no code that they did not
write. Nothing was built, mended or tested; the request above is open.

## Files that the request names

${list(named.map(toMarkdown))}
## Where its words stand

${list(places.map(({ path, line, word }) => `${toMarkdown(path)}, line ${String(line)}: ${toMarkdown(word)}`))}`
  return {
    files: new Map([[NOTE_PATH, note]]),
    notes: [
      'this repository was not written by rules, so none of its code is changed: what was asked is not done and needs a language model',
      `${NOTE_PATH} says where the request points: ${String(named.length)} files, ${String(places.length)} places`,
    ],
  }
}
