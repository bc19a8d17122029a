import { listExtraOperations } from './api-extra-operations.ts'
import {
  answer,
  listQueries,
  object,
  operate,
  refusals,
  type Described,
  type Json,
  type PlacedOperation,
} from './api-operation.ts'
import { listRecordOperations } from './api-record-operations.ts'
import type { Product } from './product.ts'
import { listMembers } from './records.ts'

const HTML: Json = { 'text/html': { schema: { type: 'string' } } }

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
