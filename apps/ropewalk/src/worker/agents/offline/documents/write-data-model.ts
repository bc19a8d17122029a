import type { DataModel } from '@ropewalk/core/contract/documents/architecture'
import type { Product } from './parts/product.ts'
import { listMembers, VOTE_MEMBERS, type Member } from './parts/records.ts'

type Entity = DataModel['entities'][number]

const toField = (member: Member): Entity['fields'][number] => ({
  name: member.name,
  type: member.kind,
  is_required: member.isRequired,
  is_key: member.isKey,
  is_personal_data: member.isPersonal,
  enum_values: [...member.values],
  description: member.description,
})

/** How long a record is kept, said as what ends it. */
export const getRetention = ({ design: { noun }, has }: Product): string =>
  has('remove')
    ? `Until somebody removes the ${noun.one}; nothing removes it by itself.`
    : `As long as the file of ${noun.many} is kept; no request removes a ${noun.one}.`

const isOf = (product: Product, name: string): boolean =>
  listMembers(product).some((member) => member.name === name)

const listIndexes = (product: Product): Entity['indexes'] => {
  const { design, has } = product
  return [
    { fields: ['id'], is_unique: true, reason: `A ${design.noun.one} is asked for by its id.` },
    ...(isOf(product, 'code')
      ? [{ fields: ['code'], is_unique: true, reason: 'A visitor brings the code and nothing else.' }]
      : []),
    ...(has('apart') && isOf(product, 'place')
      ? [
          {
            fields: ['place', 'start'],
            is_unique: false,
            reason: 'Overlaps are looked for by place and time.',
          },
        ]
      : []),
  ]
}

/** The records as they lie in the file and as callers see them. Indexes are searches in memory. */
export const writeDataModel = (product: Product): DataModel => {
  const { design, entity, ids, cite, has } = product
  const { noun } = design
  const main: Entity = {
    name: entity,
    description: `One ${noun.one}, kept in one list of the file.`,
    fields: listMembers(product).map(toField),
    indexes: listIndexes(product),
    retention: getRetention(product),
    requirements: ids(...design.features.filter((name) => name !== 'page')),
    cites: cite('create', 'keep'),
  }
  if (!has('vote'))
    return {
      summary: `One kind of record, ${entity}, with ${String(main.fields.length)} fields; all of them lie in one file.`,
      entities: [main],
      relations: [],
    }
  const vote: Entity = {
    name: 'Vote',
    description: `One vote in a ${noun.one}, kept inside it in the order of arrival${design.oneVote ? '' : '; voter and option together may occur more than once'}.`,
    fields: VOTE_MEMBERS.map(toField),
    indexes: [
      {
        fields: ['voter'],
        is_unique: design.oneVote,
        reason: design.oneVote
          ? 'A second vote of one voter is refused.'
          : 'Votes are counted, whoever gave them.',
      },
    ],
    retention: `As long as the ${noun.one} that holds it is kept; it is removed together with it.`,
    requirements: ids('vote', 'results'),
    cites: cite('vote'),
  }
  return {
    summary: `Two kinds of record: ${entity}, and the votes inside it, which answers count and do not show.`,
    entities: [main, vote],
    relations: [
      {
        from: entity,
        to: 'Vote',
        kind: 'one-to-many',
        description: `A ${noun.one} holds its votes.`,
        on_delete: 'cascade',
      },
    ],
  }
}
