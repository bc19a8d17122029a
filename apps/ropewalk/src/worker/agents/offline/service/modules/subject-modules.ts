import type { Blueprint } from '../blueprint.ts'

/** `src/vote.js`: votes in a poll. */
export const writeVote = ({ design: { noun, oneVote } }: Blueprint): string => {
  const refuseSecond = `  if (entry.votes.some((vote) => vote.voter === voter)) {
    throw new HttpError(409, 'VOTED_ALREADY', 'This voter has voted.', { field: 'voter' })
  }
`
  return `import { HttpError } from './errors.js'
import { readJson } from './http.js'

const castVote = (entry, { voter, option }) => {
  if (typeof voter !== 'string' || voter.trim() === '' || voter.length > 200 || !voter.isWellFormed()) {
    throw new HttpError(400, 'FIELD_INVALID', 'voter must be a text of 1 to 200 characters.', { field: 'voter' })
  }
  if (!entry.options.includes(option)) {
    throw new HttpError(400, 'FIELD_INVALID', 'option must be one of those of the ${noun.one}.', { field: 'option' })
  }
${oneVote ? refuseSecond : ''}  return { ...entry, votes: [...entry.votes, { voter, option }] }
}

export const voteFeature = {
  complete: (entry) => ({ ...entry, votes: [] }),
  // Who voted for what is nobody's business but the voter's; the result has the counts.
  show: (entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'votes')),
  routes: [
    {
      method: 'POST',
      path: '/${noun.path}/:id/votes',
      handle: async ({ params, request, store }) => {
        const { voter, option } = await readJson(request, ['voter', 'option'])
        await store.update(params.id, (entry) => castVote(entry, { voter, option }))
        return { status: 201, json: { voter, option } }
      },
    },
  ],
}
`
}

/** `src/results.js`: the counts of a poll. */
export const writeResults = ({
  design: { noun },
}: Blueprint): string => `const countVotes = ({ options, votes }) =>
  options.map((option) => ({ option, votes: votes.filter((vote) => vote.option === option).length }))

export const resultsFeature = {
  routes: [
    {
      method: 'GET',
      path: '/${noun.path}/:id/result',
      handle: ({ params, store }) => {
        const entry = store.get(params.id)
        return { status: 200, json: { options: countVotes(entry), total: entry.votes.length } }
      },
    },
  ],
}
`

/** `src/apart.js`: no two bookings of one place at one time. */
export const writeApart = (): string => `import { HttpError } from './errors.js'

// Times in this form sort as text. One that ends when the next begins does not clash with it.
const isClash = (a, b) => a.place === b.place && a.start < b.end && b.start < a.end

export const apartFeature = {
  check: (entry, entries) => {
    if (entry.end <= entry.start) {
      throw new HttpError(400, 'FIELD_INVALID', 'end must be after start.', { field: 'end' })
    }
    const clash = entries.find((other) => other.id !== entry.id && isClash(entry, other))
    if (clash !== undefined) {
      const message = 'This place is taken from ' + clash.start + ' to ' + clash.end + '.'
      throw new HttpError(409, 'CLASH', message, { field: 'start' })
    }
  },
}
`

/** `src/stock.js`: movements in and out. */
export const writeStock = ({ design: { noun, allowDebt } }: Blueprint): string => {
  const refuseDebt = `  if (entry.quantity + change < 0) {
    throw new HttpError(409, 'TOO_FEW', 'Only ' + entry.quantity + ' are left.', { field: 'change' })
  }
`
  return `import { HttpError } from './errors.js'
import { readJson } from './http.js'

const move = (entry, change) => {
  if (!Number.isInteger(change) || change === 0 || Math.abs(change) > 1e9) {
    throw new HttpError(400, 'FIELD_INVALID', 'change must be a whole number other than 0.', { field: 'change' })
  }
${allowDebt ? '' : refuseDebt}  return { ...entry, quantity: entry.quantity + change }
}

export const stockFeature = {
  routes: [
    {
      method: 'POST',
      path: '/${noun.path}/:id/movements',
      handle: async ({ params, request, store, show }) => {
        const { change } = await readJson(request, ['change'])
        const entry = await store.update(params.id, (old) => move(old, change))
        return { status: 200, json: show(entry) }
      },
    },
  ],
}
`
}

/** `src/low.js`: what has to be bought. */
export const writeLow = ({ design: { noun } }: Blueprint): string => `export const lowFeature = {
  routes: [
    {
      method: 'GET',
      path: '/${noun.path}/low',
      handle: ({ store, show }) => {
        const items = store.list().filter(({ quantity, minimum }) => minimum !== null && quantity <= minimum)
        return { status: 200, json: { items: items.map(show) } }
      },
    },
  ],
}
`
