import type { OpenAPI } from '@ropewalk/core/contract/documents/openapi'
import { OpenAPI as Contract } from '@ropewalk/core/contract/documents/openapi'
import { listOperations } from './parts/api-operations.ts'
import { makeSchemas } from './parts/api-schemas.ts'
import type { Product } from './parts/product.ts'
import { FIRST_VERSION } from '../version.ts'

/** An OpenAPI 3.1 document of the routes that the offline coder writes; requirements without a route are named in it. */
export const writeOpenApi = (product: Product): OpenAPI => {
  const { design, title, gaps, has } = product
  const { noun } = design
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { path, method, operation } of listOperations(product))
    paths[path] = { ...paths[path], [method]: operation }
  const open =
    gaps.length === 0
      ? ''
      : ` No route serves ${gaps.map(({ id, title: name }) => `${id} (${name})`).join('; ')}.`
  return Contract.parse({
    openapi: '3.1.0',
    info: {
      title,
      version: FIRST_VERSION,
      description: `Keeps ${noun.many} and gives them as JSON. There is no sign-in.${open}`.slice(0, 4000),
      contact: { name: 'Whoever runs this service', url: 'http://127.0.0.1:8080' },
      license: { name: 'Not decided', url: 'http://127.0.0.1:8080' },
    },
    servers: [
      { url: 'http://127.0.0.1:8080', description: 'Where it listens unless HOST and PORT say otherwise.' },
    ],
    tags: [
      { name: noun.many, description: `What is kept of ${noun.many}.` },
      ...(has('page') ? [{ name: 'page', description: 'What a browser shows.' }] : []),
      { name: 'operation', description: 'What a monitor asks.' },
    ],
    paths,
    components: { schemas: makeSchemas(product) },
  })
}
