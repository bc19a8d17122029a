import type { DocumentOf } from '@ropewalk/core/contract/documents'
import type { RequestStep } from './orders.ts'
import { makeSample, resolveRef } from './schema-samples.ts'

type OpenApi = DocumentOf<'OpenAPI'>
type Json = Readonly<Record<string, unknown>>

/** One operation of the API, with what a call of it needs. */
export type ServiceOperation = {
  readonly id: string
  readonly method: string
  /** As in the document, with its parameters in braces. */
  readonly path: string
  /** With what stands for the parameters: what an earlier answer held, or a sample. */
  readonly callPath: string
  readonly requirements: readonly string[]
  readonly body: string | undefined
  readonly bodyType: string | undefined
  readonly isBodyRequired: boolean
  readonly query: readonly string[]
  readonly responses: Readonly<Record<string, unknown>>
}

/** Whoever makes something comes first and whoever removes it last, so that there is something to read. */
const ORDER = ['POST', 'GET', 'HEAD', 'PUT', 'PATCH', 'OPTIONS', 'DELETE']
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const getSlug = (path: string): string => path.replaceAll(/[^A-Za-z0-9]+/gu, '_')

/** What a name under which an answer of this path was saved begins with. */
const getSavedName = (path: string, member: string): string => `${getSlug(path)}.${member}`

type Parameter = {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: unknown
}

const listParameters = (openapi: OpenApi, path: string, operation: Json): Parameter[] => {
  const shared = (openapi.paths[path] as Json | undefined)?.['parameters']
  return [shared, operation['parameters']]
    .flatMap((list): unknown[] => (Array.isArray(list) ? list : []))
    .map((one) => resolveRef(one, openapi))
    .map((one) => ({
      name: String(one['name']),
      in: String(one['in']),
      required: one['required'] === true,
      schema: one['example'] === undefined ? one['schema'] : { example: one['example'] },
    }))
}

const getContent = (content: unknown): { readonly type: string; readonly media: Json } | undefined => {
  if (!isObject(content)) return undefined
  const type = Object.keys(content).find((one) => /json/u.test(one)) ?? Object.keys(content)[0]
  return type === undefined ? undefined : { type, media: isObject(content[type]) ? content[type] : {} }
}

/** Whether creating at a path answers with an object that has a member of this name. */
const answersWith = (openapi: OpenApi, path: string, member: string): boolean => {
  const responses = openapi.paths[path]?.post?.responses ?? {}
  return ['201', '200'].some((status) => {
    const content = getContent(resolveRef(responses[status], openapi)['content'])
    const { properties } = resolveRef(content?.media['schema'], openapi)
    return isObject(properties) && Object.hasOwn(properties, member)
  })
}

/** Where something is created whose answer holds a parameter: at the path before it, else wherever one does. */
const findCreator = (openapi: OpenApi, parent: string, name: string): string | undefined => {
  const paths = [parent, ...Object.keys(openapi.paths).filter((path) => !path.includes('{'))]
  const isMade = openapi.paths[parent]?.post !== undefined
  return paths.find((path) => answersWith(openapi, path, name)) ?? (isMade ? parent : undefined)
}

/** A parameter in a path stands for what a creation answered, where that is possible. */
const getCallPath = (openapi: OpenApi, path: string, parameters: readonly Parameter[]): string => {
  const filled = path.replaceAll(/\{([^{}]+)\}/gu, (whole, name: string, at: number) => {
    const parent = path.slice(0, at).replace(/\/$/u, '') || '/'
    const creator = findCreator(openapi, parent, name)
    if (creator !== undefined) return `{{${getSavedName(creator, name)}|${getSavedName(creator, 'id')}}}`
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name)
    return parameter === undefined ? whole : encodeURIComponent(String(makeSample(parameter.schema, openapi)))
  })
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map(
      (one) =>
        `${encodeURIComponent(one.name)}=${encodeURIComponent(String(makeSample(one.schema, openapi)))}`,
    )
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`
}

const getBody = (openapi: OpenApi, operation: Json) => {
  const body = resolveRef(operation['requestBody'], openapi)
  const content = getContent(body['content'])
  if (content === undefined) return { body: undefined, bodyType: undefined, isBodyRequired: false }
  const examples = Object.values(isObject(content.media['examples']) ? content.media['examples'] : {})
  const named = content.media['example'] ?? resolveRef(examples[0], openapi)['value']
  const sample = named ?? makeSample(content.media['schema'], openapi)
  const isForm = content.type === 'application/x-www-form-urlencoded'
  return {
    body: isForm ? String(new URLSearchParams(sample as Record<string, string>)) : JSON.stringify(sample),
    bodyType: content.type,
    isBodyRequired: body['required'] === true,
  }
}

/** The operations of the API in an order in which they can be called. */
export const listOperations = (openapi: OpenApi | undefined): ServiceOperation[] => {
  if (openapi === undefined) return []
  return Object.entries(openapi.paths)
    .flatMap(([path, item]) =>
      METHODS.flatMap((method) => {
        const operation = item[method]
        if (operation === undefined) return []
        const parameters = listParameters(openapi, path, operation)
        return [
          {
            id: operation.operationId,
            method: method.toUpperCase(),
            path,
            callPath: getCallPath(openapi, path, parameters),
            requirements: operation['x-requirements'],
            ...getBody(openapi, operation),
            query: parameters.filter((one) => one.in === 'query').map((one) => one.name),
            responses: operation.responses,
          },
        ]
      }),
    )
    .toSorted(
      (a, b) =>
        ORDER.indexOf(a.method) - ORDER.indexOf(b.method) ||
        a.path.split('/').length - b.path.split('/').length,
    )
}

/** The call of an operation as a step; what a creation answers is kept for paths that need it. */
export const makeCall = (operation: ServiceOperation, service: string, id: string): RequestStep => {
  const { method, path, callPath, body, bodyType } = operation
  return {
    type: 'request',
    id,
    service,
    method,
    path: callPath,
    ...(body === undefined || bodyType === undefined ? {} : { headers: { 'content-type': bodyType }, body }),
    ...(method === 'POST' ? { saveAs: getSlug(path) } : {}),
  }
}

/** The answers an operation declares, by status; a class such as 2XX counts for each of its own. */
export const findResponse = (openapi: OpenApi, operation: ServiceOperation, status: number) => {
  const { responses } = operation
  const found = responses[String(status)] ?? responses[`${Math.floor(status / 100)}XX`]
  if (found === undefined) return undefined
  const content = getContent(resolveRef(found, openapi)['content'])
  return { type: content?.type, schema: content?.media['schema'] }
}

/** Calls that create what reading needs: every POST whose own path needs nothing. */
export const makeCreations = (operations: readonly ServiceOperation[], service: string): RequestStep[] =>
  operations
    .filter(({ method, path }) => method === 'POST' && !path.includes('{'))
    .map((operation, index) => makeCall(operation, service, `create-${service}-${index}`))

/** Routes to read, as `method` and `path`: the GET operations, else the start page. */
export const listReadable = (
  operations: readonly ServiceOperation[],
  max: number,
): readonly { readonly method: string; readonly path: string; readonly template: string }[] => {
  const found = operations.filter(({ method }) => method === 'GET')
  if (found.length === 0) return [{ method: 'GET', path: '/', template: '/' }]
  return found.slice(0, max).map(({ method, path, callPath }) => ({ method, path: callPath, template: path }))
}
