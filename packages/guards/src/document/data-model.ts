import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { fact, getShare, judgeChecks, limit, share, show, type Check } from './checks.ts'

const Settings = z.strictObject({
  min_entities: z.int().min(0).max(60).default(1),
  /** The share of requirements that some entity names; not every requirement keeps data. */
  min_requirements_covered: z.number().min(0).max(1).default(0.5),
  min: z.number().min(0).max(1).default(0.9),
})

type Model = DocumentOf<'DataModel'>
type Entity = Model['entities'][number]

/** How long data about people is kept must be a time or an event, not a wish. */
const SAYS_WHEN = /\d|\b(?:until|when|while|once|never|after|as long as|immediately|lifetime)\b/iu

const checkUnique = (place: string, names: readonly string[]): Check[] =>
  names.map((name, index) => {
    const first = names.findIndex((other) => other.toLowerCase() === name.toLowerCase())
    return limit(first === index, `${place}/${index}/name is ${name}, as is that of ${place}/${first}.`)
  })

const checkEntity = (entity: Entity, index: number): Check[] => {
  const at = `DataModel#/entities/${index}`
  const names = new Set(entity.fields.map(({ name }) => name))
  const keys = entity.fields.filter(({ is_key: isKey }) => isKey)
  const isPersonal = entity.fields.some(({ is_personal_data: is }) => is)
  return [
    limit(keys.length > 0, `${at} (${entity.name}) has no key field.`),
    ...checkUnique(
      `${at}/fields`,
      entity.fields.map(({ name }) => name),
    ),
    ...keys.map(({ name, is_required: isRequired }) =>
      limit(isRequired, `${at}: the key ${name} is not required.`),
    ),
    ...entity.fields.flatMap(({ name, type, enum_values: values }) => [
      limit(type !== 'enum' || values.length > 0, `${at}: ${name} is an enum without enum_values.`),
      limit(
        type === 'enum' || values.length === 0,
        `${at}: ${name} has enum_values, but its type is ${type}.`,
      ),
    ]),
    ...entity.indexes.flatMap(({ fields }, number) =>
      fields.map((field) =>
        fact(names.has(field), `${at}/indexes/${number} names ${field}, which ${entity.name} does not have.`),
      ),
    ),
    share(
      !isPersonal || SAYS_WHEN.test(entity.retention),
      `${at}/retention of data about people names no time and no event: "${entity.retention}".`,
    ),
  ]
}

const checkRelations = ({ entities, relations }: Model): Check[] => {
  const known = new Set(entities.map(({ name }) => name))
  return relations.flatMap((relation, index) =>
    (['from', 'to'] as const).map((end) =>
      fact(
        known.has(relation[end]),
        `DataModel#/relations/${index}/${end} names ${relation[end]}, which is no entity.`,
      ),
    ),
  )
}

/** Entities with keys, fields and indexes that fit together, relations between entities that exist. */
export const guard = makeGuard({
  name: 'data-model',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const model = findDocument(input, 'DataModel')
    const prd = findDocument(input, 'PRD')
    if (model === undefined) return lacks('DataModel')
    if (prd === undefined) return lacks('PRD')
    const { entities } = model
    const ids = prd.requirements.map(({ id }) => id)
    const kept = new Set(entities.flatMap(({ requirements }) => requirements))
    const covered = getShare(ids.filter((id) => kept.has(id)).length, ids.length)
    const checks = [
      limit(
        entities.length >= settings.min_entities,
        `DataModel#/entities has ${entities.length}, expected at least ${settings.min_entities}.`,
      ),
      ...checkUnique(
        'DataModel#/entities',
        entities.map(({ name }) => name),
      ),
      ...entities.flatMap(checkEntity),
      ...checkRelations(model),
      ...[...kept].map((id) =>
        fact(ids.includes(id), `DataModel#/entities name ${id}, which the PRD does not have.`),
      ),
      limit(
        covered + 1e-9 >= settings.min_requirements_covered,
        `DataModel#/entities name ${show(covered)} of the requirements, expected ${show(settings.min_requirements_covered)}: none names ${ids.filter((id) => !kept.has(id)).join(', ')}.`,
      ),
    ]
    return judgeChecks(checks, settings.min, { entities: entities.length, requirements_covered: covered })
  },
})
