import { readFileSync } from 'node:fs'
import path from 'node:path'
import { makeTrouble } from './trouble.ts'

/** A document from its text; `from` names where the text came from. Throws INVALID_ARGUMENT. */
export const parseJson = (source: string, from: string): unknown => {
  try {
    return JSON.parse(source)
  } catch (cause) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `${from} is not JSON`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Documents are JSON; ./ropewalk artifacts show RUN NAME gives the present one to start from.',
      cause,
    })
  }
}

/** The text of a file that a person named. Throws INVALID_ARGUMENT. */
export const readTextFile = (cwd: string, file: string): string => {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8')
  } catch (cause) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `cannot read ${file}`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Name a readable file.',
      cause,
    })
  }
}

export const readJsonFile = (cwd: string, file: string): unknown => parseJson(readTextFile(cwd, file), file)
