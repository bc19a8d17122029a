import type { FeatureName } from '../../design.ts'
import {
  answer,
  body,
  ID,
  object,
  operate,
  queryOf,
  ref,
  refusals,
  type Described,
  type Json,
  type PlacedOperation,
} from './api-operation.ts'
import type { Product } from './product.ts'

const COUNT: Json = { type: 'integer', minimum: 0 }

const listOf = (entity: string, more: Readonly<Record<string, Json>> = {}): Json =>
  object({ ...more, items: { type: 'array', items: ref(entity) } })

/** Makes an operation of a feature, or none where the product does not have it. */
const makeFor =
  (product: Product) =>
  (
    feature: FeatureName,
    path: string,
    method: string,
    described: Omit<Described, 'tag' | 'features'>,
  ): PlacedOperation[] => {
    const tag = product.design.noun.many
    return product.has(feature)
      ? [{ path, method, operation: operate(product, { tag, features: [feature], ...described }) }]
      : []
  }

/** What is done to one record. */
const listActs = (product: Product): PlacedOperation[] => {
  const { design, entity } = product
  const { noun } = design
  const root = `/${noun.path}`
  const make = makeFor(product)
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
              options: { type: 'array', items: object({ option: { type: 'string' }, votes: COUNT }) },
              total: COUNT,
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
  ]
}

/** What is asked of all records. */
const listReports = (product: Product): PlacedOperation[] => {
  const { design, entity, has } = product
  const { noun } = design
  const root = `/${noun.path}`
  const make = makeFor(product)
  return [
    ...make('low', `${root}/low`, 'get', {
      id: `listLow${entity}`,
      summary: `List ${noun.many} that run low`,
      description: 'Those whose quantity is at or below their minimum.',
      rest: { responses: { '200': answer('The list.', listOf(entity)) } },
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
          '200': answer('The list.', listOf(entity, { on: { type: 'string', format: 'date' } })),
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
              count: COUNT,
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
          '200': answer('The average.', object({ count: COUNT, average: { type: ['number', 'null'] } })),
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
  ]
}

/** Where a short code leads. */
const listCodes = (product: Product): PlacedOperation[] => {
  const make = makeFor(product)
  return [
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

/** What only some products do. */
export const listExtraOperations = (product: Product): PlacedOperation[] => [
  ...listActs(product),
  ...listReports(product),
  ...listCodes(product),
]
