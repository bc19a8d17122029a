import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..')

/** Source files by path from the root, with forward slashes, and what is written in each. */
export type Sources = ReadonlyMap<string, string>

/** Every TypeScript file of ours that ships: the `src` of each package and app. Folders still missing are no error. */
export function readSources(): Sources {
  const sources = new Map<string, string>()
  for (const parent of ['packages', 'apps']) {
    for (const name of readdirSync(path.join(ROOT, parent))) addFolder(sources, `${parent}/${name}/src`)
  }
  return sources
}

function addFolder(sources: Map<string, string>, folder: string): void {
  const at = path.join(ROOT, folder)
  if (!existsSync(at)) return
  for (const entry of readdirSync(at, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(ts|tsx)$/.test(entry.name)) continue
    const file = path.join(entry.parentPath, entry.name)
    sources.set(path.relative(ROOT, file).split(path.sep).join('/'), readFileSync(file, 'utf8'))
  }
}
