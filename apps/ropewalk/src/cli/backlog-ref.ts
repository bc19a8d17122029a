import { ItemId, ProjectId, QuestionId } from '@ropewalk/core/ids'
import { getShortId } from '@ropewalk/core/short-id'
import { listAll, type Api } from './api.ts'
import { makeTrouble } from './trouble.ts'

/** Long enough not to be a slip of the fingers. */
const PART = /^[0-9a-f-]{4,36}$/u

const PAGE = 200

/** What an id is of, and where a person finds the others. */
type Kind = { readonly of: string; readonly seeOthers: string }

const KINDS = {
  project: { of: 'project', seeOthers: './ropewalk project list' },
  item: { of: 'item', seeOthers: './ropewalk backlog list' },
  question: { of: 'question', seeOthers: './ropewalk inbox' },
} as const satisfies Record<string, Kind>

const refuse = ({ of, seeOthers }: Kind, text: string, why: string) =>
  makeTrouble({
    code: 'NOT_FOUND',
    what: `no single ${of} is meant by ${JSON.stringify(text.slice(0, 60))}`,
    why,
    next: `Name it by its id, or by the end or the beginning of it. See: ${seeOthers}`,
    exit: 1,
  })

/** Those of `ids` that a part of an id may mean: by its end, else by the beginning of its short form or of the whole. */
export const filterIds = (text: string, ids: readonly string[]): readonly string[] => {
  const ending = ids.filter((id) => id.endsWith(text))
  if (ending.length > 0) return ending
  return ids.filter((id) => getShortId(id).startsWith(text) || id.startsWith(text))
}

/** The one of `ids` that a part of an id means. Throws NOT_FOUND. */
export const pickId = (kind: Kind, text: string, ids: readonly string[]): string => {
  if (!PART.test(text)) throw refuse(kind, text, 'that is no part of an id')
  const found = filterIds(text, ids)
  const [only] = found
  if (only === undefined) throw refuse(kind, text, `no ${kind.of} has that id`)
  if (found.length > 1)
    throw refuse(
      kind,
      text,
      `it may be ${found.slice(0, 3).map(getShortId).join(', ')}${found.length > 3 ? ' and others' : ''}`,
    )
  return only
}

const listIds = async (list: Parameters<typeof listAll<{ id: string }>>[0]): Promise<string[]> =>
  (await Array.fromAsync(listAll(list))).map(({ id }) => id)

/** The id of the project that a person means; `last` is the newest. */
export const resolveProjectId = async (api: Api, text: string): Promise<string> => {
  if (ProjectId.safeParse(text).success) return text
  if (text === 'last') {
    const [newest] = (await api.listProjects({ limit: 1 })).items
    if (newest !== undefined) return newest.id
    throw makeTrouble({
      code: 'NOT_FOUND',
      what: 'there is no project yet',
      why: 'a backlog belongs to one',
      next: './ropewalk project start "…" --file data.csv',
      exit: 1,
    })
  }
  const ids = await listIds((cursor) => api.listProjects({ limit: PAGE, cursor }))
  return pickId(KINDS.project, text.toLowerCase(), ids)
}

/** The id of the item that a person means, of whatever project. */
export const resolveItemId = async (api: Api, text: string): Promise<string> => {
  if (ItemId.safeParse(text).success) return text
  if (!PART.test(text.toLowerCase())) throw refuse(KINDS.item, text, 'that is no part of an id')
  const ids = await listIds((cursor) => api.listAllItems({ limit: PAGE, cursor }))
  return pickId(KINDS.item, text.toLowerCase(), ids)
}

/** The id of the question that a person means, as `Q-…` or any part of the id; open ones are looked through first. */
export const resolveQuestionId = async (api: Api, text: string): Promise<string> => {
  const part = text.replace(/^q-/iu, '').toLowerCase()
  if (QuestionId.safeParse(part).success) return part
  if (!PART.test(part)) throw refuse(KINDS.question, text, 'that is no part of an id')
  const open = await listIds((cursor) => api.listQuestions({ limit: PAGE, cursor, status: 'open' }))
  if (filterIds(part, open).length > 0) return pickId(KINDS.question, part, open)
  return pickId(KINDS.question, part, await listIds((cursor) => api.listQuestions({ limit: PAGE, cursor })))
}
