import { capitalise } from '../../words.ts'
import {
  answer,
  body,
  ID,
  listQueries,
  operate,
  ref,
  refusals,
  type Described,
  type PlacedOperation,
} from './api-operation.ts'
import type { Product } from './product.ts'

/** Storing, listing, reading, changing and removing records. */
export const listRecordOperations = (product: Product): PlacedOperation[] => {
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
