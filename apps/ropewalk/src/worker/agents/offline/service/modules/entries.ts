import { hasFeature } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'

const CHANGE = (path: string): string => `  {
    method: 'PATCH',
    path: '/${path}/:id',
    handle: async ({ params, request, store }) => {
      const fields = readFields(await readJson(request), { isPartial: true })
      const entry = await store.change((state) => {
        const found = Object.assign(getEntry(state, params.id), fields)
        for (const feature of features) feature.check?.(found, state.entries)
        return found
      })
      return { status: 200, json: show(entry) }
    },
  },`

const REMOVE = (path: string): string => `  {
    method: 'DELETE',
    path: '/${path}/:id',
    handle: async ({ params, store }) => {
      await store.change((state) => {
        state.entries.splice(state.entries.indexOf(getEntry(state, params.id)), 1)
      })
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
import { readFields } from './fields.js'
import { readJson } from './http.js'
import { getEntry } from './store.js'

/** A record as callers see it. */
export const show = (entry) => features.reduce((shown, feature) => feature.show?.(shown) ?? shown, entry)

/** The records of a query, oldest first. */
export const listEntries = (store, query) =>
  features.reduce((entries, feature) => feature.select?.(entries, query) ?? entries, store.read().entries)

/** Stores a record. isNew is false where a stored one already says the same. */
export const addEntry = (store, body) => {
  const fields = readFields(body)
  return store.change((state) => {
    for (const feature of features) {
      const same = feature.findSame?.(fields, state.entries)
      if (same !== undefined) return { entry: same, isNew: false }
    }
    for (const feature of features) feature.check?.(fields, state.entries)
    const complete = (made, feature) => feature.complete?.(made, state.entries) ?? made
    const entry = features.reduce(complete, { id: state.nextId, ...fields })
    state.nextId += 1
    state.entries.push(entry)
    return { entry, isNew: true }
  })
}

/** The routes of every ${one}. */
export const entryRoutes = [
  {
    method: 'POST',
    path: '/${path}',
    handle: async ({ request, store }) => {
      const { entry, isNew } = await addEntry(store, await readJson(request))
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
    handle: ({ params, store }) => ({ status: 200, json: show(getEntry(store.read(), params.id)) }),
  },
${optional.join('\n')}
]
`
}
