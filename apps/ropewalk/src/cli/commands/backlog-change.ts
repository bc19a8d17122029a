import type { ItemKind } from '@ropewalk/core/contract/item'
import { getShortId } from '@ropewalk/core/short-id'
import type { Answer } from '../api-call.ts'
import type { Api } from '../api.ts'
import { resolveItemId } from '../backlog-ref.ts'
import type { CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'
import { getItemFields, type DraftFlags } from './backlog.ts'

export type WhyFlags = CommonFlags & { readonly why?: string; readonly reason?: string }

const getNext = (itemId: string): string => `See how it stands: ./ropewalk backlog show ${getShortId(itemId)}`

/** Does one thing to one item and tells it: `words` at a terminal, the server's answer with --json. */
const change = (
  terminal: Terminal,
  flags: CommonFlags,
  of: {
    readonly reference: string
    readonly words: string
    readonly work: (api: Api, itemId: string) => Promise<Answer>
  },
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const itemId = await resolveItemId(api, of.reference)
    const answer = await withNext(getNext(itemId), () => of.work(api, itemId))
    if (flags.json === true) terminal.out(JSON.stringify({ ...answer, itemId }))
    else terminal.say(`${of.words}: ${getShortId(itemId)}`)
    return EXIT.ok
  })

const getWhy = ({ why, reason }: WhyFlags): string | undefined => {
  const said = (why ?? reason)?.trim()
  return said === '' ? undefined : said
}

const expectWhy = (verb: string, reference: string, flags: WhyFlags): string => {
  const why = getWhy(flags)
  if (why !== undefined) return why
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: `${verb} wants a reason`,
    why: 'it stays in the history of the item',
    next: `./ropewalk backlog ${verb} ${reference} --why "…"`,
  })
}

export const move = (
  terminal: Terminal,
  reference: string,
  flags: CommonFlags & { readonly parent: string },
): Promise<number> =>
  change(terminal, flags, {
    reference,
    words: flags.parent === 'none' ? 'now below none' : `now below ${flags.parent}`,
    work: async (api, itemId) =>
      api.doToItem(itemId, 'move', {
        parentId: flags.parent === 'none' ? null : await resolveItemId(api, flags.parent),
      }),
  })

export const split = (
  terminal: Terminal,
  of: { readonly reference: string; readonly pieces: readonly string[] },
  flags: CommonFlags & { readonly kind: ItemKind; readonly capability?: string },
): Promise<number> => {
  if (of.pieces.length < 2) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'an item is split into two pieces or more',
      why: `${of.pieces.length} was named`,
      next: `./ropewalk backlog split ${of.reference} "first piece" "second piece"`,
    })
  }
  return withApi(terminal, flags, async (api) => {
    const itemId = await resolveItemId(api, of.reference)
    const more = flags.capability === undefined ? {} : { capability: flags.capability }
    const into = of.pieces.map((title) => ({ kind: flags.kind, title, ...more }))
    const answer = await withNext(getNext(itemId), () => api.doToItem(itemId, 'split', { into }))
    const ids = Array.isArray(answer['itemIds']) ? answer['itemIds'].map(String) : []
    if (flags.json === true) terminal.out(JSON.stringify(answer))
    else {
      for (const id of ids) terminal.out(id)
      terminal.say(`Split into ${ids.length}: ./ropewalk backlog show ${getShortId(itemId)}`)
    }
    return EXIT.ok
  })
}

export type UpdateFlags = DraftFlags & {
  readonly title?: string
  readonly ifVersion?: number
}

export const update = (terminal: Terminal, reference: string, flags: UpdateFlags): Promise<number> => {
  const changes = {
    ...getItemFields(flags),
    ...(flags.title === undefined ? {} : { title: flags.title }),
  }
  if (Object.keys(changes).length === 0) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'nothing to change was named',
      why: 'an update sets at least one thing of the item',
      next: `./ropewalk backlog update ${reference} --priority 1 (or --title, --description, --capability, …)`,
    })
  }
  return change(terminal, flags, {
    reference,
    words: `changed ${Object.keys(changes).join(', ')}`,
    work: (api, itemId) => api.changeItem(itemId, changes, flags.ifVersion),
  })
}

const WHY_WORDS = { cancel: 'cancelled', block: 'parked' } as const
const PLAIN_WORDS = { retry: 'taken up again', unblock: 'no longer parked' } as const

export const endOrPark = async (
  terminal: Terminal,
  of: { readonly verb: keyof typeof WHY_WORDS; readonly reference: string },
  flags: WhyFlags,
): Promise<number> => {
  const { verb, reference } = of
  const reason = expectWhy(verb, reference, flags)
  return change(terminal, flags, {
    reference,
    words: WHY_WORDS[verb],
    work: (api, itemId) => api.doToItem(itemId, verb, { reason }),
  })
}

export const takeUp = (
  terminal: Terminal,
  of: { readonly verb: keyof typeof PLAIN_WORDS; readonly reference: string },
  flags: CommonFlags,
): Promise<number> =>
  change(terminal, flags, {
    reference: of.reference,
    words: PLAIN_WORDS[of.verb],
    work: (api, itemId) => api.doToItem(itemId, of.verb),
  })

export const remove = (terminal: Terminal, reference: string, flags: WhyFlags): Promise<number> =>
  change(terminal, flags, {
    reference,
    words: 'deleted, its history stays',
    work: (api, itemId) => api.deleteItem(itemId, getWhy(flags)),
  })

const RESULTS = { approve: 'approved', reject: 'rejected', 'needs-changes': 'needs_changes' } as const
export const REVIEW_RESULTS = Object.keys(RESULTS) as (keyof typeof RESULTS)[]

export const review = (
  terminal: Terminal,
  of: { readonly reference: string; readonly result: keyof typeof RESULTS },
  flags: WhyFlags,
): Promise<number> =>
  change(terminal, flags, {
    reference: of.reference,
    words: `reviewed, ${RESULTS[of.result].replace('_', ' ')}`,
    work: (api, itemId) =>
      api.doToItem(itemId, 'review', { result: RESULTS[of.result], notes: getWhy(flags) ?? '' }),
  })

export const depend = (
  terminal: Terminal,
  reference: string,
  flags: CommonFlags & { readonly on: string; readonly remove?: boolean },
): Promise<number> =>
  change(terminal, flags, {
    reference,
    words: flags.remove === true ? `no longer waits for ${flags.on}` : `waits for ${flags.on}`,
    work: async (api, itemId) => {
      const onId = await resolveItemId(api, flags.on)
      return flags.remove === true
        ? api.removeDependency(itemId, onId)
        : api.doToItem(itemId, 'dependencies', { dependsOnId: onId })
    },
  })
