import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ItemTreeRow, ItemView } from '@ropewalk/core/contract/api/items'
import type { ItemKind } from '@ropewalk/core/contract/item'
import { hasCode } from '@ropewalk/core/errors'
import { getShortId } from '@ropewalk/core/short-id'
import { listAll, type Api } from '../api.ts'
import { resolveItemId, resolveProjectId } from '../backlog-ref.ts'
import { layOutItem, layOutItems, layOutTree } from '../item-text.ts'
import { readTextFile } from '../read-json-file.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
import { clip, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200

export type BacklogListFlags = CommonFlags & {
  readonly project?: string
  readonly status?: string
  readonly kind?: string
  readonly capability?: string
  readonly label?: string
  readonly text?: string
  readonly limit: number
  readonly all?: boolean
}

/** Items by what they are, of one project or of all. */
export const list = (terminal: Terminal, flags: BacklogListFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const { status, kind, capability, label, text } = flags
    const project = flags.project === undefined ? undefined : await resolveProjectId(api, flags.project)
    const items: ItemView[] = []
    let hasMore = false
    const query = { limit: PAGE, project, status, kind, capability, label, text }
    for await (const item of listAll((cursor) => api.listAllItems({ ...query, cursor }))) {
      hasMore = flags.all !== true && items.length >= flags.limit
      if (hasMore) break
      items.push(item)
    }
    if (flags.json === true) terminal.out(JSON.stringify({ items, hasMore }))
    else if (items.length === 0) terminal.say('No item is like that. What there is: ./ropewalk backlog tree')
    else {
      terminal.out(layOutItems(items, terminal.stdout.columns))
      if (hasMore) terminal.say('There are more: add --all, or ask for fewer with --status or --text.')
    }
    return EXIT.ok
  })

/** The items of a project, each below the one that holds it. */
export const tree = (terminal: Terminal, reference: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const projectId = await resolveProjectId(api, reference)
    const rows: ItemTreeRow[] = await Array.fromAsync(
      listAll((cursor) => api.listItemTree(projectId, { limit: PAGE, cursor })),
    )
    if (flags.json === true) terminal.out(JSON.stringify({ projectId, items: rows }))
    else if (rows.length === 0)
      terminal.say(`The backlog of ${projectId} is empty. Add to it: ./ropewalk backlog add "…"`)
    else terminal.out(layOutTree({ paint: terminal.paintOut, columns: terminal.stdout.columns }, rows))
    return EXIT.ok
  })

export const show = (terminal: Terminal, reference: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const itemId = await resolveItemId(api, reference)
    const item = await withNext('See what there is: ./ropewalk backlog tree', () => api.readItem(itemId))
    terminal.out(
      flags.json === true
        ? JSON.stringify(item)
        : layOutItem({ paint: terminal.paintOut, columns: terminal.stdout.columns }, item),
    )
    return EXIT.ok
  })

export type DraftFlags = CommonFlags & {
  readonly kind?: ItemKind
  readonly description?: string
  readonly priority?: number
  readonly capability?: string
  readonly label?: readonly string[]
  readonly needs?: readonly string[]
  readonly approvals?: number
}

export type AddFlags = DraftFlags & {
  readonly project?: string
  readonly parent?: string
  readonly dependsOn?: readonly string[]
}

/** What flags say of an item, as the API has it; what was not said is left out. */
export const getItemFields = (flags: DraftFlags): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries({
      kind: flags.kind,
      description: flags.description,
      priority: flags.priority,
      capability: flags.capability === 'none' ? null : flags.capability,
      labels: flags.label,
      needs: flags.needs,
      approvals: flags.approvals,
    }).filter(([, value]) => value !== undefined),
  )

const seeProject = (projectId: string): string =>
  `See how the project stands: ./ropewalk project status ${getShortId(projectId)}`

/** The project of a command: the one that was named, that of its parent, or the newest. */
const findProject = async (
  api: Api,
  flags: { readonly project?: string },
  parentId: string | undefined,
): Promise<string> =>
  flags.project === undefined && parentId !== undefined
    ? (await api.readItem(parentId)).projectId
    : resolveProjectId(api, flags.project ?? 'last')

export const add = (terminal: Terminal, title: string, flags: AddFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const parent = flags.parent === undefined ? undefined : await resolveItemId(api, flags.parent)
    const dependsOn: string[] = []
    for (const one of flags.dependsOn ?? []) dependsOn.push(await resolveItemId(api, one))
    const projectId = await findProject(api, flags, parent)
    const fields = getItemFields({ kind: 'task', ...flags })
    const added = await withNext(seeProject(projectId), () =>
      api.addItems(projectId, {
        // The server checks it all; what is wrong is told by field.
        items: [{ ...fields, title, parent: parent ?? null, dependsOn } as never],
      }),
    )
    const [itemId = ''] = added.itemIds
    if (flags.json === true) terminal.out(JSON.stringify({ projectId, itemId, version: added.version }))
    else {
      terminal.out(itemId)
      terminal.say(`Added to ${projectId}. Look at it: ./ropewalk backlog show ${getShortId(itemId)}`)
    }
    return EXIT.ok
  })

export type ImportFlags = CommonFlags & { readonly project?: string; readonly run?: string }

/** Items from a JSON or YAML file, or from the stories of a run; those that are there already are left alone. */
export const importItems = async (
  terminal: Terminal,
  file: string | undefined,
  flags: ImportFlags,
): Promise<number> => {
  if ((file === undefined) === (flags.run === undefined)) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: file === undefined ? 'nothing to import was named' : 'two things to import were named',
      why: 'items come from a file, or from the stories of a run',
      next: './ropewalk backlog import items.yaml, or ./ropewalk backlog import --run last',
    })
  }
  const content = file === undefined ? undefined : readTextFile(terminal.cwd, file)
  return withApi(terminal, flags, async (api) => {
    const projectId = await resolveProjectId(api, flags.project ?? 'last')
    const run = flags.run === undefined ? undefined : await resolveRunId(api, flags.run)
    const format = file?.endsWith('.json') === true ? ('json' as const) : ('yaml' as const)
    const body = run === undefined ? { format, content } : { run }
    const next =
      run === undefined ? seeProject(projectId) : `See how the run stands: ./ropewalk runs show ${run}`
    const added = await withNext(next, () => api.importItems(projectId, body as never))
    if (flags.json === true) terminal.out(JSON.stringify({ projectId, ...added }))
    else {
      for (const id of added.itemIds) terminal.out(id)
      terminal.say(
        added.itemIds.length === 0
          ? 'All of it was there already.'
          : `Added ${added.itemIds.length} to ${projectId}: ./ropewalk backlog tree ${getShortId(projectId)}`,
      )
    }
    return EXIT.ok
  })
}

export type DispatchFlags = CommonFlags & {
  readonly ready?: boolean
  readonly project?: string
  readonly capability?: string
}

type Given = { readonly itemId: string; readonly title: string; readonly error?: string }

/** Gives one item out; one of many that cannot be given out any more takes nothing from the others. */
const giveOut = async (api: Api, item: ItemView, capability: string | undefined): Promise<Given> => {
  try {
    await api.doToItem(item.id, 'dispatch', capability === undefined ? {} : { capability })
    return { itemId: item.id, title: item.title }
  } catch (error) {
    if (!hasCode(error, 'CONFLICT') && !hasCode(error, 'INVALID_TRANSITION')) throw error
    return { itemId: item.id, title: item.title, error: error.message }
  }
}

/** Gives out an item now, or with `--ready` all of a project that are ready. */
export const dispatch = async (
  terminal: Terminal,
  reference: string | undefined,
  flags: DispatchFlags,
): Promise<number> => {
  if ((reference === undefined) === (flags.ready !== true)) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'it is not clear what to give out',
      why: 'either one item is named, or --ready means all that are ready',
      next: './ropewalk backlog dispatch ITEM, or ./ropewalk backlog dispatch --ready',
    })
  }
  return withApi(terminal, flags, async (api, _config, isOwn) => {
    const given: Given[] = []
    if (reference !== undefined) {
      const itemId = await resolveItemId(api, reference)
      const body = flags.capability === undefined ? {} : { capability: flags.capability }
      await withNext(`See how it stands: ./ropewalk backlog show ${getShortId(itemId)}`, () =>
        api.doToItem(itemId, 'dispatch', body),
      )
      given.push({ itemId, title: '' })
    } else {
      const project = await resolveProjectId(api, flags.project ?? 'last')
      const query = { limit: PAGE, project, status: 'ready' }
      const ready = await Array.fromAsync(listAll((cursor) => api.listAllItems({ ...query, cursor })))
      for (const item of ready)
        if (Object.keys(item.children).length === 0 && (item.capability ?? flags.capability) !== undefined)
          given.push(await giveOut(api, item, flags.capability))
    }
    const refused = given.filter(({ error }) => error !== undefined)
    if (flags.json === true) terminal.out(JSON.stringify({ items: given }))
    else {
      for (const { itemId, title, error } of given)
        terminal.say(
          `${error === undefined ? 'given out' : 'not given out'}: ${getShortId(itemId)}  ${clip(error ?? title, 120)}`.trimEnd(),
        )
      if (given.length === 0) terminal.say('Nothing is ready that anybody could be given.')
      if (isOwn && given.length > refused.length) terminal.say('No worker is here; start one: ./ropewalk up')
    }
    return EXIT.ok
  })
}

/** The bytes of a table that a person named. Throws INVALID_ARGUMENT. */
export const readTable = (cwd: string, file: string): { name: string; bytes: Buffer<ArrayBuffer> } => {
  try {
    return { name: path.basename(file), bytes: readFileSync(path.resolve(cwd, file)) }
  } catch (cause) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `cannot read ${file}`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Name a readable CSV or XLSX file.',
      cause,
    })
  }
}
