import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

type Events = {
  /** All types there are. */
  readonly known: readonly string[]
  readonly seen: ReadonlySet<string>
  /** By type: why no test brings it about. */
  readonly unreached: Readonly<Record<string, string>>
}

/** What is wrong with the events that a whole run of the tests has seen, in words; none when all is well. */
export const judgeSeenEvents = ({ known, seen, unreached }: Events): readonly string[] => [
  ...known
    .filter((type) => !seen.has(type) && !Object.hasOwn(unreached, type))
    .map((type) => `${type} is in no ledger of any test: test what tells it`),
  ...Object.keys(unreached)
    .filter((type) => seen.has(type))
    .map((type) => `${type} was seen: take it from the list of those that are not reached`),
  ...Object.keys(unreached)
    .filter((type) => !known.includes(type))
    .map((type) => `${type} is listed as not reached, but there is no such event`),
]

/** The types that tests noted, each once. */
export const readSeenEvents = async (file: string): Promise<ReadonlySet<string>> => {
  if (!existsSync(file)) return new Set()
  return new Set((await readFile(file, 'utf8')).split('\n').filter((line) => line !== ''))
}
