import type { Blueprint } from '../blueprint.ts'
import { getDataFile } from '../variables.ts'

/** `src/store.js`: all records in one file, each change durable before it is answered. */
export const writeStore = ({
  design: { noun },
}: Blueprint): string => `import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { HttpError } from './errors.js'

// Below the working directory: whoever starts the service picks it, and nobody who calls it can.
const FOLDER = 'data'
const FILE = '${getDataFile(noun.path)}'
const NEXT = '${getDataFile(noun.path)}.next'

const load = async () => {
  let text
  try {
    text = await readFile(FILE, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return { nextId: 1, entries: [] }
    throw error
  }
  const state = JSON.parse(text)
  if (!Number.isInteger(state.nextId) || !Array.isArray(state.entries)) throw new Error(FILE + ' holds no records.')
  return state
}

const sync = async (handle, text) => {
  try {
    if (text !== undefined) await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes beside the file and renames, so that a crash leaves the old file or the new one, never half of one. */
const save = async (state) => {
  try {
    await mkdir(FOLDER, { recursive: true })
    await sync(await open(NEXT, 'w', 0o600), JSON.stringify(state))
    await rename(NEXT, FILE)
    await sync(await open(FOLDER, 'r'))
  } catch (error) {
    console.error(error)
    throw new HttpError(503, 'NOT_STORED', 'The records cannot be written now; nothing was changed.', { cause: error })
  }
}

/** What waits for the disk: changes that arrive while a file is written share the next one. */
const makeQueue = (state) => {
  const queue = { state, waiting: [], isBusy: false }
  const applyAll = (batch) => {
    const made = { state: queue.state, done: [] }
    for (const { decide, resolve, reject } of batch) {
      try {
        const { state: next, result } = decide(made.state)
        made.state = next
        made.done.push({ resolve, reject, result })
      } catch (error) {
        reject(error)
      }
    }
    return made
  }
  const work = async () => {
    queue.isBusy = true
    while (queue.waiting.length > 0) {
      const made = applyAll(queue.waiting.splice(0))
      try {
        if (made.state !== queue.state) await save(made.state)
        queue.state = made.state
        for (const { resolve, result } of made.done) resolve(result)
      } catch (error) {
        for (const { reject } of made.done) reject(error)
      }
    }
    queue.isBusy = false
  }
  queue.change = (decide) =>
    new Promise((resolve, reject) => {
      queue.waiting.push({ decide, resolve, reject })
      if (!queue.isBusy) void work()
    })
  return queue
}

const find = (entries, id) => {
  const entry = /^[1-9]\\d{0,14}$/.test(id) ? entries.find((each) => each.id === Number(id)) : undefined
  if (entry === undefined) throw new HttpError(404, 'NOT_FOUND', 'There is no ${noun.one} with this id.')
  return entry
}

/**
 * Opens the records of the working directory, none where there is no file yet. Records are never changed in
 * place: a change hands in new ones, is on the disk before its promise is kept, and changes nothing when it throws.
 */
export const openStore = async () => {
  const queue = makeQueue(await load())
  return {
    /** All records, oldest first. */
    list: () => queue.state.entries,
    /** The record of an id. Throws 404 where there is none. */
    get: (id) => find(queue.state.entries, id),
    /** Stores what make gives for the next id; one of the stored records means that nothing is stored. */
    add: (make) =>
      queue.change((state) => {
        const entry = make(state.nextId, state.entries)
        if (state.entries.includes(entry)) return { state, result: { entry, isNew: false } }
        const next = { nextId: state.nextId + 1, entries: [...state.entries, entry] }
        return { state: next, result: { entry, isNew: true } }
      }),
    /** Puts what edit gives in the place of a record. */
    update: (id, edit) =>
      queue.change((state) => {
        const old = find(state.entries, id)
        const entry = edit(old, state.entries)
        return { state: { ...state, entries: state.entries.map((each) => (each === old ? entry : each)) }, result: entry }
      }),
    /** Removes a record; its id is not given out again. */
    remove: (id) =>
      queue.change((state) => {
        const old = find(state.entries, id)
        return { state: { ...state, entries: state.entries.filter((each) => each !== old) }, result: undefined }
      }),
  }
}
`
