import type { Field, FieldType } from '../../design.ts'
import type { Product } from './product.ts'

/** Field names that hold something about a person; what people write into free text is named apart. */
const PERSONAL =
  /^(?:name|customer|client|author|borrower|owner|voter|email|phone|address|contact|guest|member|player|person)$/u

/** A member of a record as callers see it: what the data model, the API and the privacy review agree on. */
export type Member = {
  readonly name: string
  readonly kind: 'integer' | 'number' | 'string' | 'text' | 'date' | 'enum' | 'json'
  readonly isRequired: boolean
  readonly isKey: boolean
  readonly isPersonal: boolean
  readonly isFree: boolean
  readonly values: readonly string[]
  readonly description: string
  /** What the API says of its value, beyond the kind. */
  readonly schema: Readonly<Record<string, unknown>>
  /** Whether a caller gives it; the service fills in the others. */
  readonly isGiven: boolean
}

/** The first of the texts in every example of a list, so that a vote in an example has something to choose. */
const EXAMPLE_OPTION = 'Red'

/** An example of what ends lies after the one of what begins. */
const withEnd = (name: string, facts: Facts): Facts =>
  facts.schema.pattern !== undefined && /end|until|to$/u.test(name)
    ? { ...facts, schema: { ...facts.schema, examples: ['2026-01-31T10:30'] } }
    : facts

type Facts = Pick<Member, 'kind' | 'description' | 'schema'>

const describe = (type: FieldType, max: number | null): Facts => {
  switch (type) {
    case 'short text':
      return {
        kind: 'string',
        description: 'A text of 1 to 200 characters.',
        schema: { type: 'string', minLength: 1, maxLength: 200 },
      }
    case 'long text':
      return {
        kind: 'text',
        description: `A text of 1 to ${String(max ?? 2000)} characters.`,
        schema: { type: 'string', minLength: 1, maxLength: max ?? 2000 },
      }
    case 'amount':
      return {
        kind: 'number',
        description: 'A number of at least 0 with 2 decimals at most.',
        schema: { type: 'number', minimum: 0, maximum: 1e9 },
      }
    case 'whole number':
      return {
        kind: 'integer',
        description: `A whole number from ${max === null ? '0' : '1'} on${max === null ? '' : `, at most ${String(max)}`}.`,
        schema: { type: 'integer', minimum: max === null ? 0 : 1, maximum: max ?? 1e9 },
      }
    case 'date':
      return {
        kind: 'date',
        description: 'A date such as 2026-01-31.',
        schema: { type: 'string', format: 'date' },
      }
    case 'date and time':
      return {
        kind: 'string',
        description: 'A date and time without a zone, such as 2026-01-31T09:30.',
        schema: {
          type: 'string',
          pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$`,
          examples: ['2026-01-31T09:30'],
        },
      }
    case 'web address':
      return {
        kind: 'string',
        description: 'An address that begins with http:// or https://.',
        schema: { type: 'string', format: 'uri', maxLength: 2000 },
      }
    case 'email address':
      return {
        kind: 'string',
        description: 'An address such as name@example.org.',
        schema: { type: 'string', format: 'email', maxLength: 254 },
      }
    case 'list of short texts':
      return {
        kind: 'json',
        description: 'A list of 2 to 20 different texts of 1 to 200 characters.',
        schema: {
          type: 'array',
          minItems: 2,
          maxItems: 20,
          uniqueItems: true,
          items: { type: 'string', minLength: 1, maxLength: 200 },
          examples: [[EXAMPLE_OPTION, 'Green', 'Blue']],
        },
      }
  }
}

const toMember = ({ name, type, required, max }: Field): Member => ({
  name,
  isRequired: required,
  isKey: false,
  isPersonal: PERSONAL.test(name) || type === 'email address',
  isFree: type === 'short text' || type === 'long text',
  values: [],
  isGiven: true,
  ...withEnd(name, describe(type, max)),
})

const made = (
  name: string,
  facts: Facts & { readonly values?: readonly string[]; readonly isKey?: boolean },
): Member => ({
  name,
  isRequired: true,
  isKey: facts.isKey ?? false,
  isPersonal: false,
  isFree: false,
  values: facts.values ?? [],
  isGiven: false,
  kind: facts.kind,
  description: facts.description,
  schema: facts.schema,
})

/** The members of one record in the order in which the service answers them. */
export const listMembers = ({ design, has }: Product): Member[] => [
  made('id', {
    kind: 'integer',
    isKey: true,
    description: 'Given out by the service from 1 on, and never twice.',
    schema: { type: 'integer', minimum: 1 },
  }),
  ...design.fields.map(toMember),
  ...(has('redirect')
    ? [
        made('code', {
          kind: 'string',
          description: 'The short code: 7 letters and digits that cannot be guessed.',
          schema: { type: 'string', minLength: 7, maxLength: 7 },
        }),
      ]
    : []),
  ...(has('visits')
    ? [
        made('visits', {
          kind: 'integer',
          description: 'How often the short code was opened.',
          schema: { type: 'integer', minimum: 0 },
        }),
      ]
    : []),
  ...(has('status')
    ? [
        made('status', {
          kind: 'enum',
          values: design.steps,
          description: `The step that was reached, of ${design.steps.join(', ')}.`,
          schema: { type: 'string', enum: design.steps },
        }),
      ]
    : []),
]

/** What a vote holds; there are votes where the design has polls. */
export const VOTE_MEMBERS: readonly Member[] = [
  {
    ...made('voter', {
      kind: 'string',
      isKey: true,
      description: 'The name that the voter gives.',
      schema: { type: 'string', minLength: 1, maxLength: 200 },
    }),
    isPersonal: true,
    isGiven: true,
  },
  {
    ...made('option', {
      kind: 'string',
      isKey: true,
      description: 'One of the options that were stored.',
      schema: { type: 'string', minLength: 1, maxLength: 200, examples: [EXAMPLE_OPTION] },
    }),
    isGiven: true,
  },
]
