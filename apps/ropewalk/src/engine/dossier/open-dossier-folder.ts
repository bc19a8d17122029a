import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { DossierFolder } from '@ropewalk/core/dossier/verify'
import { RopewalkError } from '@ropewalk/core/errors'

/** A dossier on disk, for `verifyDossier`. Follows no link. Throws NOT_FOUND where there is no folder. */
export const openDossierFolder = (dir: string): DossierFolder => {
  const walk = (below: string): DossierFolder['entries'] => {
    const found = readdirSync(path.join(dir, below), { withFileTypes: true })
    if (found.length === 0 && below !== '') return [{ path: below, kind: 'empty-folder' }]
    return found.flatMap((entry) => {
      const name = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) return walk(name)
      return [{ path: name, kind: entry.isFile() ? ('file' as const) : ('other' as const) }]
    })
  }
  try {
    return { entries: walk(''), read: (name) => readFileSync(path.join(dir, name)) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    throw new RopewalkError(
      'NOT_FOUND',
      `There is no dossier folder at ${dir}. Name a folder that holds index.json, or a run id.`,
      { cause: error },
    )
  }
}
