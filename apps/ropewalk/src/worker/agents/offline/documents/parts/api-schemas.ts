import type { Product } from './product.ts'
import { listMembers, VOTE_MEMBERS, type Member } from './records.ts'

type Schema = Readonly<Record<string, unknown>>

/** A member that may be left out comes back as null. */
const toProperty = ({ schema, description, isRequired }: Member, isAnswer: boolean): Schema => ({
  ...schema,
  ...(isAnswer && !isRequired ? { type: [schema.type, 'null'] } : {}),
  description,
})

const makeObject = (members: readonly Member[], isAnswer: boolean, description: string): Schema => ({
  type: 'object',
  description,
  required: members.filter(({ isRequired }) => isAnswer || isRequired).map(({ name }) => name),
  properties: Object.fromEntries(members.map((member) => [member.name, toProperty(member, isAnswer)])),
  ...(isAnswer ? {} : { additionalProperties: false }),
})

const listOf = (schema: string, description: string): Schema => ({
  type: 'object',
  description,
  required: ['items'],
  properties: { items: { type: 'array', items: { $ref: `#/components/schemas/${schema}` } } },
})

const ERROR: Schema = {
  type: 'object',
  description: 'Why a request was refused.',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'A word in capitals that programs can tell apart.' },
        message: { type: 'string', description: 'A sentence for people.' },
        field: { type: 'string', description: 'The field that was wrong, where one was.' },
      },
    },
  },
}

const withoutRequired = ({ required: _required, ...schema }: Schema): Schema => schema

/** Schemas by name, as the service answers and takes them. */
export const makeSchemas = (product: Product): Readonly<Record<string, Schema>> => {
  const { design, entity, has } = product
  const { noun } = design
  const members = listMembers(product)
  const given = members.filter(({ isGiven }) => isGiven)
  const input = makeObject(given, false, `What a caller gives for a ${noun.one}.`)
  return {
    [entity]: makeObject(members, true, `A stored ${noun.one}.`),
    [`${entity}Input`]: input,
    ...(has('change')
      ? {
          [`${entity}Patch`]: {
            ...withoutRequired(input),
            description: `The fields of a ${noun.one} to replace.`,
          },
        }
      : {}),
    [`${entity}List`]: listOf(entity, `Stored ${noun.many}, oldest first.`),
    ...(has('vote') ? { Vote: makeObject(VOTE_MEMBERS, true, 'A vote for one option.') } : {}),
    ErrorAnswer: ERROR,
  }
}
