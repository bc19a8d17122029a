import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { syncFolder } from '../../store/keys/home-folder.ts'

/** A file of a dossier before it is written. */
export type DossierFile = {
  readonly path: string
  readonly bytes: Buffer
  readonly mediaType: string
  readonly about: string
}

/** Writes a folder so that it is there whole or not at all, and stays after a power cut. */
export const writeFolder = (dir: string, files: readonly DossierFile[]): void => {
  const temporary = `${dir}.new`
  rmSync(temporary, { recursive: true, force: true })
  const folders = new Set<string>()
  for (const file of files) {
    const target = path.join(temporary, file.path)
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 })
    const fd = openSync(target, 'wx', 0o600)
    try {
      writeSync(fd, file.bytes)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    folders.add(path.dirname(target))
  }
  for (const folder of folders) syncFolder(folder)
  if (existsSync(dir)) rmSync(dir, { recursive: true })
  renameSync(temporary, dir)
  syncFolder(path.dirname(dir))
}
