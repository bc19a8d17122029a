import type { RepoManifest } from '@ropewalk/core/contract/documents'
import { OFFLINE_MAKER } from '../version.ts'
import { parseTurns, type Turn } from './turns.ts'

const MANIFEST_PATH = '.ropewalk/manifest.json'
export const MARKER_PATH = '.ropewalk/offline.json'

/** The file that the code begins with: until the entry point is there, the module that leads. */
const getEntry = (turns: readonly Turn[]): string => {
  if (turns.includes('integration')) return 'src/main.js'
  return turns.includes('backend') ? 'src/service.js' : 'src/store.js'
}

/** The manifest of a repository of these files. It is a service once it can be started. */
export const getManifest = (paths: Iterable<string>, turns: readonly Turn[]): RepoManifest => {
  const all = [...paths].toSorted()
  const isService = turns.includes('integration')
  return {
    kind: isService ? 'service' : 'library',
    language: 'node',
    entry: getEntry(turns),
    start: isService ? ['node', 'src/main.js'] : null,
    tests: all.filter((path) => path.endsWith('.test.js')),
    sources: all.filter((path) => path.startsWith('src/') && path.endsWith('.js')),
    port_env: isService ? 'PORT' : null,
    commands: null,
  }
}

const toText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Whose files these are and how far they are: a later turn begins here and takes no other code for ours. */
export type Marker = { readonly turns: readonly Turn[]; readonly files: readonly string[] }

/** Reads the marker of a repository of ours; undefined where it is not one. */
export const parseMarker = (text: string): Marker | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof value !== 'object' || value === null || !('by' in value) || value.by !== OFFLINE_MAKER.tool)
    return undefined
  const turns = 'turns' in value && Array.isArray(value.turns) ? parseTurns(value.turns) : []
  const files = 'files' in value && Array.isArray(value.files) ? value.files : []
  return { turns, files: files.filter((path): path is string => typeof path === 'string') }
}

/** The two files that say what the repository is: for those who run it, and for the next turn. */
export const writeRecords = (marker: Marker): ReadonlyMap<string, string> =>
  new Map([
    [MANIFEST_PATH, toText(getManifest(marker.files, marker.turns))],
    [MARKER_PATH, toText({ by: OFFLINE_MAKER.tool, version: OFFLINE_MAKER.toolVersion, ...marker })],
  ])
