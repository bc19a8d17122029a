import { hasFeature } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'

const CHANGE = (path: string): string => `  {
    method: 'PATCH',
    path: '/${path}/:id',
    handle: async ({ params, request, store }) => {
      const fields = readFields(await readJson(request, FIELD_NAMES), { isPartial: true })
      const entry = await store.update(params.id, (old, entries) => {
        const changed = { ...old, ...fields }
        for (const feature of features) feature.check?.(changed, entries)
        return changed
      })
      return { status: 200, json: show(entry) }
    },
  },`

const REMOVE = (path: string): string => `  {
    method: 'DELETE',
    path: '/${path}/:id',
    handle: async ({ params, store }) => {
      await store.remove(params.id)
      return { status: 204 }
    },
  },`

/** `src/entries.js`: storing, reading, changing and removing records. */
export const writeEntries = ({ design }: Blueprint): string => {
  const { path, one } = design.noun
  const optional = [
    ...(hasFeature(design, 'change') ? [CHANGE(path)] : []),
    ...(hasFeature(design, 'remove') ? [REMOVE(path)] : []),
  ]
  return `import { features } from './features.js'
import { FIELD_NAMES, readFields } from './fields.js'
import { readJson } from './http.js'

/** A record as callers see it. */
export const show = (entry) => features.reduce((shown, feature) => feature.show?.(shown) ?? shown, entry)

/** The records of a query, oldest first. */
export const listEntries = (store, query) =>
  features.reduce((entries, feature) => feature.select?.(entries, query) ?? entries, store.list())

/** Stores a record. isNew is false where a stored one already says the same. */
export const addEntry = (store, body) => {
  const fields = readFields(body)
  return store.add((id, entries) => {
    for (const feature of features) {
      const same = feature.findSame?.(fields, entries)
      if (same !== undefined) return same
    }
    for (const feature of features) feature.check?.(fields, entries)
    const complete = (made, feature) => feature.complete?.(made, entries) ?? made
    return features.reduce(complete, { id, ...fields })
  })
}

/** The routes of every ${one}. */
export const entryRoutes = [
  {
    method: 'POST',
    path: '/${path}',
    handle: async ({ request, store }) => {
      const { entry, isNew } = await addEntry(store, await readJson(request, FIELD_NAMES))
      return { status: isNew ? 201 : 200, json: show(entry), headers: { location: '/${path}/' + entry.id } }
    },
  },
  {
    method: 'GET',
    path: '/${path}',
    handle: ({ query, store }) => ({ status: 200, json: { items: listEntries(store, query).map(show) } }),
  },
  {
    method: 'GET',
    path: '/${path}/:id',
    handle: ({ params, store }) => ({ status: 200, json: show(store.get(params.id)) }),
  },
${optional.map((route) => `${route}\n`).join('')}]
`
}
