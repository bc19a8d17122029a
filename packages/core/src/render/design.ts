import type { DocumentOf } from '../contract/documents.ts'
import { METHODS, type Operation } from '../contract/documents/openapi.ts'
import {
  type Block,
  code,
  diagram,
  entry,
  fields,
  list,
  paragraph,
  part,
  percent,
  restsOn,
  said,
  table,
  title,
  yesNo,
} from './blocks.ts'

type Adr = DocumentOf<'ArchitectureDoc'>['adrs'][number]

const renderAdr = (adr: Adr): Block[] => [
  entry(`${adr.id}: ${adr.title} (${adr.status})`, adr.id),
  paragraph(`Context: ${adr.context}${restsOn(adr.cites)}`),
  paragraph(`Decision: ${adr.decision}`),
  list(adr.alternatives.map(({ name, reason_refused }) => `Refused: ${name}. ${reason_refused}`)),
  list(adr.consequences.map((one) => `Consequence: ${one}`)),
]

/** Components, diagrams, decisions with their reasons, and the figures of scalability. */
export const renderArchitecture = (doc: DocumentOf<'ArchitectureDoc'>): Block[] => {
  const { scalability } = doc
  return [
    title('Architecture'),
    paragraph(doc.summary),
    ...part(
      'Components',
      ...doc.components.flatMap((one) => [
        entry(`${one.id}: ${one.name}`, one.id),
        paragraph(`${one.responsibility}${restsOn(one.cites)}`),
        fields({
          Kind: one.kind,
          Serves: one.requirements.join(', '),
          'Depends on': one.depends_on.join(', '),
        }),
      ]),
    ),
    ...part('Diagrams', ...doc.diagrams.map((one) => diagram(`${one.title} (${one.kind})`, one.mermaid))),
    ...part('Decisions', ...doc.adrs.flatMap(renderAdr)),
    ...part(
      'Scalability',
      paragraph(`${scalability.summary}${restsOn(scalability.cites)}`),
      fields({
        'Expected users': scalability.expected_users,
        'Expected requests a second': scalability.expected_requests_per_second,
        'Requests a second it can bear': scalability.capacity_requests_per_second,
        'Growth of data a month': `${String(scalability.data_growth_mb_per_month)} MB`,
        'What gives way first': scalability.bottleneck,
        'Own score': percent(scalability.score),
      }),
      list(scalability.measures.map(said)),
    ),
  ]
}

type Entity = DocumentOf<'DataModel'>['entities'][number]

const renderEntity = (entity: Entity): Block[] => [
  entry(entity.name, entity.name),
  paragraph(`${entity.description}${restsOn(entity.cites)}`),
  table(
    ['Field', 'Type', 'Required', 'Key', 'Personal', 'About'],
    entity.fields.map((field) => [
      field.name,
      field.enum_values.length === 0 ? field.type : `${field.type}: ${field.enum_values.join(', ')}`,
      yesNo(field.is_required),
      yesNo(field.is_key),
      yesNo(field.is_personal_data),
      field.description,
    ]),
  ),
  fields({ 'Kept for': entity.retention, Serves: entity.requirements.join(', ') }),
  ...(entity.indexes.length === 0
    ? []
    : [
        list(
          entity.indexes.map(
            (one) => `Index on ${one.fields.join(', ')}${one.is_unique ? ', unique' : ''}: ${one.reason}`,
          ),
        ),
      ]),
]

/** Entities with their fields, and how they hang together. */
export const renderDataModel = (model: DocumentOf<'DataModel'>): Block[] => [
  title('Data model'),
  paragraph(model.summary),
  ...part('Entities', ...model.entities.flatMap(renderEntity)),
  ...part(
    'Relations',
    table(
      ['From', 'To', 'Kind', 'When the other goes', 'About'],
      model.relations.map((one) => [one.from, one.to, one.kind, one.on_delete, one.description]),
    ),
  ),
]

const renderOperation = (method: string, path: string, operation: Operation): Block[] => [
  entry(`${method.toUpperCase()} ${path}`, operation.operationId),
  ...(operation.summary === undefined ? [] : [paragraph(operation.summary)]),
  ...(operation.description === undefined ? [] : [paragraph(operation.description)]),
  fields({ Operation: operation.operationId, Serves: operation['x-requirements'].join(', ') }),
  ...(operation.parameters === undefined
    ? []
    : [code('json', JSON.stringify(operation.parameters, null, 2))]),
  ...(operation.requestBody === undefined
    ? []
    : [paragraph('Body:'), code('json', JSON.stringify(operation.requestBody, null, 2))]),
  table(
    ['Status', 'Means'],
    Object.entries(operation.responses).map(([status, response]) => [
      status,
      response.description ?? response.$ref ?? '',
    ]),
  ),
]

/** The operations of an API with the requirements each serves, and its schemas as they stand. */
export const renderOpenApi = (api: DocumentOf<'OpenAPI'>): Block[] => [
  title(`${api.info.title} ${api.info.version}`),
  ...(api.info.description === undefined ? [] : [paragraph(api.info.description)]),
  ...part(
    'Operations',
    ...Object.entries(api.paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => {
        const operation = item[method]
        return operation === undefined ? [] : renderOperation(method, path, operation)
      }),
    ),
  ),
  ...part(
    'Schemas',
    ...Object.entries(api.components.schemas ?? {}).flatMap(([name, schema]) => [
      entry(name),
      code('json', JSON.stringify(schema, null, 2)),
    ]),
  ),
]
