import type { FeatureName } from '../../design.ts'
import { capitalise } from '../../words.ts'
import type { Product } from './product.ts'
import { listMembers } from './records.ts'

type Json = Readonly<Record<string, unknown>>
export type PlacedOperation = { readonly path: string; readonly method: string; readonly operation: Json }

const ref = (schema: string): Json => ({ $ref: `#/components/schemas/${schema}` })
const json = (schema: Json): Json => ({ 'application/json': { schema } })
const answer = (description: string, schema?: Json): Json => ({
  description,
  ...(schema === undefined ? {} : { content: json(schema) }),
})

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'A field or the body breaks a rule; nothing was changed.',
  403: 'The form was sent from another site.',
  404: 'There is nothing of this id or code.',
  409: 'The request clashes with what is stored.',
  413: 'The body has more than 65536 bytes.',
  415: 'The body has another content type than is taken here.',
}

const refusals = (...statuses: readonly number[]): Json =>
  Object.fromEntries(
    statuses.map((status) => [String(status), answer(REFUSALS[status] ?? 'Refused.', ref('ErrorAnswer'))]),
  )

const ID: Json = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id that the service gave out.',
  schema: { type: 'integer', minimum: 1 },
}

const queryOf = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'query',
  required: false,
  description,
  schema,
})

const body = (schema: Json): Json => ({ required: true, content: json(schema) })

type Described = {
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  readonly features: readonly FeatureName[]
  readonly rest: Json
}

/** One operation with what every one of them carries. */
const operate = (product: Product, { id, tag, summary, description, features, rest }: Described): Json => ({
  operationId: id,
  tags: [tag],
  summary,
  description,
  'x-requirements': product.ids(...features),
  ...rest,
})

const object = (properties: Readonly<Record<string, Json>>): Json => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
})

/** What narrows a list, by the features that the design has. */
const listQueries = ({ has }: Product): Json[] => [
  ...(has('search')
    ? [queryOf('q', 'A word that the texts of a record hold, in upper or lower case.', { type: 'string' })]
    : []),
  ...(['owner', 'tag'] as const)
    .filter((name) => has(name))
    .map((name) => queryOf(name, `Records of this ${name} alone.`, { type: 'string' })),
]

const listRecordOperations = (product: Product): PlacedOperation[] => {
  const { design, entity, has } = product
  const { noun } = design
  const root = `/${noun.path}`
  const tag = noun.many
  const plural = capitalise(noun.path)
  const make = (path: string, method: string, described: Omit<Described, 'tag'>): PlacedOperation => ({
    path,
    method,
    operation: operate(product, { tag, ...described }),
  })
  const same = has('redirect') && design.reuseCode
  return [
    make(root, 'post', {
      id: `create${entity}`,
      summary: `Store a ${noun.one}`,
      description: `Stores one ${noun.one} after every field was checked.`,
      features: ['create', 'refuse', ...(has('apart') ? ['apart' as const] : [])],
      rest: {
        requestBody: body(ref(`${entity}Input`)),
        responses: {
          '201': {
            ...answer(`The stored ${noun.one}.`, ref(entity)),
            headers: { Location: { description: 'Where it is read.', schema: { type: 'string' } } },
          },
          ...(same ? { '200': answer(`The ${noun.one} that says the same already.`, ref(entity)) } : {}),
          ...refusals(400, ...(has('apart') ? [409] : []), 413, 415),
        },
      },
    }),
    make(root, 'get', {
      id: `list${plural}`,
      summary: `List ${noun.many}`,
      description: `All stored ${noun.many}, oldest first.`,
      features: ['list', 'keep', ...(['search', 'owner', 'tag'] as const).filter((name) => has(name))],
      rest: {
        parameters: listQueries(product),
        responses: { '200': answer('The list.', ref(`${entity}List`)) },
      },
    }),
    make(`${root}/{id}`, 'get', {
      id: `read${entity}`,
      summary: `Read a ${noun.one}`,
      description: `The ${noun.one} of an id.`,
      features: ['create', ...(has('visits') ? ['visits' as const] : [])],
      rest: {
        parameters: [ID],
        responses: { '200': answer(`The ${noun.one}.`, ref(entity)), ...refusals(404) },
      },
    }),
    ...(has('change')
      ? [
          make(`${root}/{id}`, 'patch', {
            id: `change${entity}`,
            summary: `Change a ${noun.one}`,
            description: 'Replaces the fields that are given and keeps the others.',
            features: ['change'],
            rest: {
              parameters: [ID],
              requestBody: body(ref(`${entity}Patch`)),
              responses: {
                '200': answer(`The changed ${noun.one}.`, ref(entity)),
                ...refusals(400, 404, ...(has('apart') ? [409] : []), 413, 415),
              },
            },
          }),
        ]
      : []),
    ...(has('remove')
      ? [
          make(`${root}/{id}`, 'delete', {
            id: `remove${entity}`,
            summary: `Remove a ${noun.one}`,
            description: `Removes it; its id is not given out again.`,
            features: ['remove'],
            rest: { parameters: [ID], responses: { '204': answer('It is gone.'), ...refusals(404) } },
          }),
        ]
      : []),
  ]
}

const listExtraOperations = (product: Product): PlacedOperation[] => {
  const { design, entity, has } = product
  const { noun } = design
  const root = `/${noun.path}`
  const make = (
    feature: FeatureName,
    path: string,
    method: string,
    described: Omit<Described, 'tag' | 'features'>,
  ): PlacedOperation[] =>
    has(feature)
      ? [{ path, method, operation: operate(product, { tag: noun.many, features: [feature], ...described }) }]
      : []
  const list = (more: Readonly<Record<string, Json>> = {}): Json =>
    object({ ...more, items: { type: 'array', items: ref(entity) } })
  const count: Json = { type: 'integer', minimum: 0 }
  return [
    ...make('status', `${root}/{id}/status`, 'post', {
      id: `move${entity}`,
      summary: `Move a ${noun.one} to its next step`,
      description: `Takes the next of the steps ${design.steps.join(', ')}.`,
      rest: {
        parameters: [ID],
        requestBody: body(
          object({ status: { type: 'string', enum: design.steps, examples: design.steps.slice(1, 2) } }),
        ),
        responses: {
          '200': answer(`The moved ${noun.one}.`, ref(entity)),
          ...refusals(400, 404, 409, 413, 415),
        },
      },
    }),
    ...make('vote', `${root}/{id}/votes`, 'post', {
      id: 'vote',
      summary: `Vote in a ${noun.one}`,
      description: design.oneVote ? 'Takes one vote per voter.' : 'Takes a vote each time.',
      rest: {
        parameters: [ID],
        requestBody: body(ref('Vote')),
        responses: {
          '201': answer('The vote.', ref('Vote')),
          ...refusals(400, 404, ...(design.oneVote ? [409] : []), 413, 415),
        },
      },
    }),
    ...make('results', `${root}/{id}/result`, 'get', {
      id: `count${entity}`,
      summary: `Give the result of a ${noun.one}`,
      description: 'The count of votes for each option.',
      rest: {
        parameters: [ID],
        responses: {
          '200': answer(
            'The counts.',
            object({
              options: { type: 'array', items: object({ option: { type: 'string' }, votes: count }) },
              total: count,
            }),
          ),
          ...refusals(404),
        },
      },
    }),
    ...make('stock', `${root}/{id}/movements`, 'post', {
      id: `book${entity}`,
      summary: 'Book a movement',
      description: `Changes the quantity by a whole number${design.allowDebt ? '' : ', not below zero'}.`,
      rest: {
        parameters: [ID],
        requestBody: body(
          object({ change: { type: 'integer', minimum: -1e9, maximum: 1e9, examples: [1] } }),
        ),
        responses: {
          '200': answer(`The ${noun.one} with its new quantity.`, ref(entity)),
          ...refusals(400, 404, ...(design.allowDebt ? [] : [409]), 413, 415),
        },
      },
    }),
    ...make('low', `${root}/low`, 'get', {
      id: `listLow${entity}`,
      summary: `List ${noun.many} that run low`,
      description: 'Those whose quantity is at or below their minimum.',
      rest: { responses: { '200': answer('The list.', list()) } },
    }),
    ...make('overdue', `${root}/overdue`, 'get', {
      id: `listOverdue${entity}`,
      summary: `List overdue ${noun.many}`,
      description: 'Those whose due date lies before a day.',
      rest: {
        parameters: [
          queryOf('on', 'The day; today in UTC where it is left out.', { type: 'string', format: 'date' }),
        ],
        responses: {
          '200': answer('The list.', list({ on: { type: 'string', format: 'date' } })),
          ...refusals(400),
        },
      },
    }),
    ...make('total', `${root}/total`, 'get', {
      id: `total${entity}`,
      summary: `Add up ${noun.many}`,
      description: 'Their count and the sum of their amounts.',
      rest: {
        responses: {
          '200': answer(
            'The sums.',
            object({
              count,
              total: { type: 'number' },
              ...(has('status')
                ? { steps: { type: 'object', additionalProperties: { type: 'number' } } }
                : {}),
            }),
          ),
        },
      },
    }),
    ...make('average', `${root}/average`, 'get', {
      id: `average${entity}`,
      summary: `Average the ratings of ${noun.many}`,
      description: 'Their count and average to 2 decimals; null without a rating.',
      rest: {
        responses: {
          '200': answer('The average.', object({ count, average: { type: ['number', 'null'] } })),
        },
      },
    }),
    ...make('export', `${root}/export.csv`, 'get', {
      id: `export${entity}`,
      summary: `Export ${noun.many} as CSV`,
      description: 'The field names in the first line, then one line for each record.',
      rest: {
        responses: {
          '200': { description: 'The text.', content: { 'text/csv': { schema: { type: 'string' } } } },
        },
      },
    }),
    ...make('redirect', '/{code}', 'get', {
      id: 'openCode',
      summary: 'Open a short code',
      description: 'Leads to the address behind the code.',
      rest: {
        parameters: [
          {
            name: 'code',
            in: 'path',
            required: true,
            description: 'A short code that was given out.',
            schema: { type: 'string', minLength: 7, maxLength: 7 },
          },
        ],
        responses: {
          '302': {
            ...answer('To the address.'),
            headers: { Location: { description: 'The address.', schema: { type: 'string' } } },
          },
          ...refusals(404),
        },
      },
    }),
  ]
}

/** What a form gives for a member: always a text, one line for each text of a list. */
const toInput = ({ type, format, minimum, examples }: Json): Json => {
  const [example] = Array.isArray(examples) ? (examples as unknown[]) : []
  // Another day than the example of a request: where nothing may overlap, both can be stored.
  const lines = Array.isArray(example)
    ? example.map(String).join('\n')
    : typeof example === 'string'
      ? example.replace(/^2026-01-31T/u, '2026-02-01T')
      : example
  const text = lines ?? (type === 'integer' || type === 'number' ? String(minimum ?? 1) : undefined)
  return {
    type: 'string',
    ...(format === undefined ? {} : { format }),
    ...(text === undefined ? {} : { examples: [text] }),
  }
}

const HTML: Json = { 'text/html': { schema: { type: 'string' } } }

const listServiceOperations = (product: Product): PlacedOperation[] => {
  const { design, has } = product
  const { noun } = design
  const given = listMembers(product).filter(({ isGiven }) => isGiven)
  const form = {
    type: 'object',
    required: given.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    properties: Object.fromEntries(given.map(({ name, schema }) => [name, toInput(schema)])),
  }
  const page = (
    method: string,
    described: Omit<Described, 'tag' | 'features'>,
    path = '/',
  ): PlacedOperation => ({
    path,
    method,
    operation: operate(product, { tag: 'page', features: ['page'], ...described }),
  })
  return [
    {
      path: '/healthz',
      method: 'get',
      operation: operate(product, {
        id: 'askHealth',
        tag: 'operation',
        summary: 'Ask whether the service is up',
        description: 'Answers with status 200 in every state of the data.',
        features: ['keep'],
        rest: {
          responses: { '200': answer('It is up.', object({ status: { type: 'string', enum: ['ok'] } })) },
        },
      }),
    },
    ...(has('page')
      ? [
          page('get', {
            id: 'showPage',
            summary: `Show ${noun.many} in a browser`,
            description: 'A page with the list and a form.',
            rest: {
              parameters: listQueries(product),
              responses: { '200': { description: 'The page.', content: HTML } },
            },
          }),
          page('post', {
            id: 'sendForm',
            summary: `Add a ${noun.one} by a form`,
            description: 'Stores what the form holds, or shows it again with the reason.',
            rest: {
              requestBody: {
                required: true,
                content: { 'application/x-www-form-urlencoded': { schema: form } },
              },
              responses: {
                '303': {
                  ...answer('Stored; back to the page.'),
                  headers: { Location: { description: 'The page.', schema: { type: 'string' } } },
                },
                '400': { description: 'Not stored; the page with the reason.', content: HTML },
                ...refusals(403, 413, 415),
              },
            },
          }),
        ]
      : []),
  ]
}

/** Every route that the offline coder writes for this product. */
export const listOperations = (product: Product): readonly PlacedOperation[] => [
  ...listServiceOperations(product),
  ...listRecordOperations(product),
  ...listExtraOperations(product),
]
