import { OPERATIONS } from '@ropewalk/core/access/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SEEDER, signOperator } from './support/matrix/callers.ts'
import { listOperations, makeRequest, send, type Described, type Request } from './support/matrix/requests.ts'
import { SAMPLES } from './support/matrix/samples.ts'
import { seed, type Seeded } from './support/matrix/seed.ts'
import { startApi, type Answered, type TestApi } from './support/start-api.ts'

let api: TestApi
let seeded: Seeded
let token: string
let operations: readonly Described[]

beforeAll(async () => {
  api = await startApi({}, { tokenRequestsPerSecond: 100_000 })
  operations = await listOperations(api)
  token = await signOperator(api, { workspace: 'default' })
  seeded = await seed(api, { workspace: 'default', agent: SEEDER, token })
}, 60_000)
afterAll(async () => {
  await api.stop()
})

/** The token that an operation takes: of a task, of work of an item, or an operator's. */
const getToken = ({ name }: Described): string => {
  const facts = OPERATIONS[name]
  if (facts === undefined || facts === 'public' || facts.byTask !== 'only') return token
  return SAMPLES[name]?.in?.[0] === 'WORK' ? seeded.workToken : seeded.taskToken
}

const make = (operation: Described): Request =>
  makeRequest(operation, SAMPLES[operation.name] ?? {}, seeded.ids, SEEDER)

/** What is wrong with an answer that has to be a refusal; undefined where nothing is. */
const judge = (what: string, { status, headers, text }: Answered): string | undefined => {
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') === true
  return status >= 400 && status < 500 && isProblem ? undefined : `${what}: ${status} ${text.slice(0, 200)}`
}

/** Sends what `mutate` makes of each operation's good request, many at once; gives what was not refused. */
const sendAll = async (
  mutate: (request: Request, operation: Described) => readonly (readonly [string, Request])[],
): Promise<string[]> => {
  const wrong: string[] = []
  for (const operation of operations) {
    const judged = mutate(make(operation), operation).map(async ([what, request]) =>
      judge(`${operation.name} with ${what}`, await send(api, request, getToken(operation))),
    )
    wrong.push(...(await Promise.all(judged)).filter((each) => each !== undefined))
  }
  return wrong
}

/** Made once: writing ten megabytes anew for each operation takes longer than all else here. */
const HUGE = new TextEncoder().encode(`{"surplus":"${'x'.repeat(10_000_000)}"}`)

/** As raw JSON: no parser of ours or of the client's may mend it. */
const VALUES: readonly (readonly [string, string])[] = [
  ['NUL', '"a\\u0000b"'],
  ['a lone surrogate', '"a\\ud800b"'],
  ['NUL in a key', '{"a\\u0000":1}'],
  ['a key named __proto__', '{"__proto__":{"a":1}}'],
  ['objects 10,000 deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['lists 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['what is no JSON', 'NaN'],
]

/** All but fields that take any JSON that can be kept. */
const TYPED = /^(?!(content|data|values)$)/u

const WRONG_TYPES: readonly (readonly [string, string])[] = [
  ['an object in a list', '[{"x":{"y":[]}}]'],
  ['an endless number', '1e999'],
  ['a list of lists', '[[[]]]'],
]

const replace = (raw: string, field: string, value: string): string =>
  JSON.stringify({ ...(JSON.parse(raw) as object), [field]: 0 }).replace(
    `"${field}":0`,
    () => `"${field}":${value}`,
  )

const replaceEach = (request: Request, values: readonly (readonly [string, string])[], isOf = /./u) => {
  const { raw } = request
  if (typeof raw !== 'string' || request.headers['content-type'] !== 'application/json') return []
  const fields = [...Object.keys(JSON.parse(raw) as object), 'surplus']
  return fields
    .filter((field) => isOf.test(field))
    .flatMap((field) =>
      values.map(
        ([what, value]) => [`${what} as ${field}`, { ...request, raw: replace(raw, field, value) }] as const,
      ),
    )
}

describe('every operation refuses', () => {
  test('in any field what cannot be kept', async () => {
    expect(await sendAll((request) => replaceEach(request, VALUES))).toEqual([])
  }, 60_000)

  test('in any field what is of another type', async () => {
    expect(await sendAll((request) => replaceEach(request, WRONG_TYPES, TYPED))).toEqual([])
  }, 60_000)

  test('a body that is no object, and one without end', async () => {
    const bodies = [
      ['null', 'null'],
      ['a list', '[]'],
      ['a text', '"x"'],
      ['half a body', '{"a":'],
      ['nothing', ''],
      ['10 MB', HUGE],
    ] as const
    const wrong = await sendAll((request) =>
      request.headers['content-type'] === 'application/json'
        ? bodies.map(([what, raw]) => [what, { ...request, raw }] as const)
        : [],
    )
    expect(wrong).toEqual([])
  }, 60_000)

  test('ids that are none, and queries that it does not know', async () => {
    const ids = ['x', '%00', '%ff', '..%2f..', '%F0%9F%92%A9', 'x'.repeat(300), "'%20or%201=1--"]
    const wrong = await sendAll((request, { path }) => {
      const [place] = /\{[A-Za-z]+\}/u.exec(path) ?? []
      const [before = ''] = path.split(place ?? '\n')
      const [, rest = ''] = /^[^/?]*(.*)$/u.exec(request.path.slice(before.length)) ?? []
      const broken =
        place === undefined || place === '{agent}'
          ? []
          : ids.map((id) => [`the id ${id}`, { ...request, path: `${before}${id}${rest}` }] as const)
      const mark = request.path.includes('?') ? '&' : '?'
      return [...broken, ['another query', { ...request, path: `${request.path}${mark}nope=1` }] as const]
    })
    expect(wrong).toEqual([])
  }, 60_000)
})
