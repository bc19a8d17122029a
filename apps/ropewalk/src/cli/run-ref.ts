import { RunId } from '@ropewalk/core/ids'
import { listAll, type Api } from './api.ts'
import { makeTrouble } from './trouble.ts'

/** Long enough not to be a slip of the fingers. */
const PREFIX = /^[0-9a-f][0-9a-f-]{3,35}$/u

const refuse = (text: string, why: string) =>
  makeTrouble({
    code: 'NOT_FOUND',
    what: `no single run is meant by ${JSON.stringify(text.slice(0, 60))}`,
    why,
    next: 'Name a run by its id, by the beginning of it, or as last. See: ./ropewalk runs list',
    exit: 1,
  })

/** The one of `ids` (newest first) that `text` means: whole, its beginning, or `last`. Throws NOT_FOUND. */
export const pickRunId = (text: string, ids: readonly string[]): string => {
  if (text === 'last') {
    const [newest] = ids
    if (newest === undefined) throw refuse(text, 'there are no runs yet')
    return newest
  }
  if (!PREFIX.test(text)) throw refuse(text, 'that is not the beginning of an id')
  const found = ids.filter((id) => id.startsWith(text))
  const [only] = found
  if (only === undefined) throw refuse(text, 'no run has that id')
  if (found.length > 1) throw refuse(text, `${found.length} runs begin so`)
  return only
}

/** The id of the run that a person means. */
export const resolveRunId = async (api: Api, text: string): Promise<string> => {
  if (RunId.safeParse(text).success) return text
  const ids: string[] = []
  for await (const run of listAll((cursor) => api.listRuns({ limit: text === 'last' ? 1 : 200, cursor }))) {
    ids.push(run.id)
    if (text === 'last') break
  }
  return pickRunId(text, ids)
}
