import type { Blueprint } from '../blueprint.ts'

/** `src/vote.js`: votes in a poll. */
export const writeVote = ({ design: { noun, oneVote } }: Blueprint): string => {
  const refuseSecond = `  if (entry.votes.some((vote) => vote.voter === voter)) {
    throw new HttpError(409, 'VOTED_ALREADY', 'This voter has voted.', 'voter')
  }
`
  return `import { HttpError, readJson } from './http.js'
import { getEntry } from './store.js'

const castVote = (entry, { voter, option }) => {
  if (typeof voter !== 'string' || voter.trim() === '' || voter.length > 200 || !voter.isWellFormed()) {
    throw new HttpError(400, 'FIELD_INVALID', 'voter must be a text of 1 to 200 characters.', 'voter')
  }
  if (!entry.options.includes(option)) {
    throw new HttpError(400, 'FIELD_INVALID', 'option must be one of ' + entry.options.join(', ') + '.', 'option')
  }
${oneVote ? refuseSecond : ''}  entry.votes.push({ voter, option })
  return { voter, option }
}

export const voteFeature = {
  complete: (entry) => ({ ...entry, votes: [] }),
  // Who voted for what is nobody's business but the voter's; the result has the counts.
  show: ({ votes, ...shown }) => shown,
  routes: [
    {
      method: 'POST',
      path: '/${noun.path}/:id/votes',
      handle: async ({ params, request, store }) => {
        const body = await readJson(request)
        const vote = await store.change((state) => castVote(getEntry(state, params.id), body))
        return { status: 201, json: vote }
      },
    },
  ],
}
`
}

/** `src/results.js`: the counts of a poll. */
export const writeResults = ({
  design: { noun },
}: Blueprint): string => `import { getEntry } from './store.js'

const countVotes = ({ options, votes }) =>
  options.map((option) => ({ option, votes: votes.filter((vote) => vote.option === option).length }))

export const resultsFeature = {
  routes: [
    {
      method: 'GET',
      path: '/${noun.path}/:id/result',
      handle: ({ params, store }) => {
        const entry = getEntry(store.read(), params.id)
        return { status: 200, json: { options: countVotes(entry), total: entry.votes.length } }
      },
    },
  ],
}
`

/** `src/apart.js`: no two bookings of one place at one time. */
export const writeApart = (): string => `import { HttpError } from './http.js'

// Times in this form sort as text. One that ends when the next begins does not clash with it.
const isClash = (a, b) => a.place === b.place && a.start < b.end && b.start < a.end

export const apartFeature = {
  check: (entry, entries) => {
    if (entry.end <= entry.start) {
      throw new HttpError(400, 'FIELD_INVALID', 'end must be after start.', 'end')
    }
    const clash = entries.find((other) => other.id !== entry.id && isClash(entry, other))
    if (clash !== undefined) {
      const { place, start, end } = clash
      throw new HttpError(409, 'CLASH', place + ' is taken from ' + start + ' to ' + end + '.', 'start')
    }
  },
}
`

/** `src/stock.js`: movements in and out. */
export const writeStock = ({ design: { noun, allowDebt } }: Blueprint): string => {
  const refuseDebt = `  if (entry.quantity + change < 0) {
    throw new HttpError(409, 'TOO_FEW', 'Only ' + entry.quantity + ' are left.', 'change')
  }
`
  return `import { HttpError, readJson } from './http.js'
import { getEntry } from './store.js'

const move = (entry, change) => {
  if (!Number.isInteger(change) || change === 0 || Math.abs(change) > 1e9) {
    throw new HttpError(400, 'FIELD_INVALID', 'change must be a whole number other than 0.', 'change')
  }
${allowDebt ? '' : refuseDebt}  entry.quantity += change
  return entry
}

export const stockFeature = {
  routes: [
    {
      method: 'POST',
      path: '/${noun.path}/:id/movements',
      handle: async ({ params, request, store, show }) => {
        const { change } = await readJson(request)
        const entry = await store.change((state) => move(getEntry(state, params.id), change))
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
        const items = store.read().entries.filter(({ quantity, minimum }) => minimum !== null && quantity <= minimum)
        return { status: 200, json: { items: items.map(show) } }
      },
    },
  ],
}
`
