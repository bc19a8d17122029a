import type { Blueprint } from '../blueprint.ts'

/** `src/store.js`: all records in one file, each change durable before it is answered. */
export const writeStore = ({
  design: { noun },
}: Blueprint): string => String.raw`import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HttpError } from './http.js'

const load = async (file) => {
  let text
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return { nextId: 1, entries: [] }
    throw error
  }
  const state = JSON.parse(text)
  if (!Number.isInteger(state.nextId) || !Array.isArray(state.entries)) throw new Error(file + ' holds no records.')
  return state
}

/** Writes beside the file and renames, so that a crash leaves the old file or the new one, never half of one. */
const save = async (file, state) => {
  await mkdir(dirname(file), { recursive: true })
  const next = file + '.next'
  const handle = await open(next, 'w', 0o600)
  try {
    await handle.writeFile(JSON.stringify(state))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(next, file)
}

/**
 * Opens the records of a file, none where there is no file. read gives them; change hands a copy to a
 * function and keeps the copy once it is on the disk. Changes happen one after the other; one that throws
 * changes nothing.
 */
export const openStore = async (file) => {
  let state = await load(file)
  let last = Promise.resolve()
  return {
    read: () => state,
    change: (edit) => {
      const done = last.then(async () => {
        const next = structuredClone(state)
        const result = edit(next)
        await save(file, next)
        state = next
        return result
      })
      // The next change waits for this one, however it ends; its own caller is told of a failure.
      last = done.then(
        () => undefined,
        () => undefined,
      )
      return done
    },
  }
}

/** The record of an id. Throws 404 where there is none. */
export const getEntry = (state, id) => {
  const entry = /^[1-9]\d{0,14}$/.test(id) ? state.entries.find((each) => each.id === Number(id)) : undefined
  if (entry === undefined) throw new HttpError(404, 'NOT_FOUND', 'There is no ${noun.one} with this id.')
  return entry
}
`
