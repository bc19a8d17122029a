import type { DataModel } from '@ropewalk/core/contract/documents/architecture'
import type { PrivacyReview } from '@ropewalk/core/contract/documents/security'
import type { Product } from './parts/product.ts'
import { getRetention } from './write-data-model.ts'

type Datum = PrivacyReview['data'][number]

const CATEGORIES: readonly (readonly [RegExp, Datum['category']])[] = [
  [/^(?:email|phone|address|contact)$/u, 'contact'],
  [/^(?:amount|price|iban)$/u, 'financial'],
  [/^(?:place|location)$/u, 'location'],
  [/./u, 'identity'],
]

const getCategory = (field: string): Datum['category'] =>
  CATEGORIES.find(([pattern]) => pattern.test(field))?.[1] ?? 'other'

const listData = ({ entities }: DataModel): Datum[] =>
  entities.flatMap(({ name, fields, retention }, at) =>
    fields.flatMap((field, index): Datum[] =>
      field.is_personal_data
        ? [
            {
              entity: name,
              field: field.name,
              category: getCategory(field.name),
              purpose: `To tell one ${name.toLowerCase()} from another by its ${field.name}.`,
              legal_basis: 'undecided',
              retention,
              cites: [`DataModel#/entities/${String(at)}/fields/${String(index)}`],
            },
          ]
        : [],
    ),
  )

/** Texts into which a person may write anything, a name included. */
const listFreeTexts = ({ entities }: DataModel): { readonly name: string; readonly cite: string }[] =>
  entities.flatMap(({ fields }, at) =>
    fields.flatMap(({ name, type, is_personal_data: isPersonal }, index) =>
      type === 'text' && !isPersonal
        ? [{ name, cite: `DataModel#/entities/${String(at)}/fields/${String(index)}` }]
        : [],
    ),
  )

const listFindings = (product: Product, model: DataModel, isPersonal: boolean): PrivacyReview['findings'] => {
  const { design, has, cite } = product
  const { noun } = design
  return [
    ...listFreeTexts(model).map(({ name, cite: at }) => ({
      title: `Free text in ${name}`,
      severity: 'low' as const,
      text: `The field ${name} takes any text, so that a name or something of a person may stand in it.`,
      recommendation: `Say at the form what does not belong into ${name}.`,
      cites: [at],
    })),
    ...(isPersonal
      ? [
          {
            title: 'Everybody who reaches the service reads all names',
            severity: 'medium' as const,
            text: `There is no sign-in; each ${noun.one} with its names is open to whoever reaches the port.`,
            recommendation: 'Put a proxy with sign-in before the service ahead of storing names of others.',
            cites: cite('list'),
          },
          {
            title: 'No legal basis is decided',
            severity: 'low' as const,
            text: 'The idea does not say on what basis names are kept; a rule cannot decide that.',
            recommendation: 'The one who runs the service decides it before the beta.',
            cites: cite('create'),
          },
        ]
      : []),
    ...(has('remove')
      ? []
      : [
          {
            title: `No ${noun.one} can be removed`,
            severity: isPersonal ? ('high' as const) : ('low' as const),
            text: `No requirement lets somebody remove a ${noun.one}, so that what is in it stays.`,
            recommendation: 'Add a requirement for it, or keep names out of the fields.',
            cites: ['PRD#/overview'],
          },
        ]),
  ]
}

const listRights = ({ has, cite, design: { noun } }: Product): PrivacyReview['rights'] => [
  {
    right: 'access',
    how: `GET /${noun.path} gives every ${noun.one}.`,
    is_supported: true,
    cites: cite('list'),
  },
  {
    right: 'correction',
    how: has('change')
      ? `PATCH /${noun.path}/ID replaces a field.`
      : `There is no way to change a ${noun.one}.`,
    is_supported: has('change'),
    cites: has('change') ? cite('change') : ['PRD#/overview'],
  },
  {
    right: 'erasure',
    how: has('remove')
      ? `DELETE /${noun.path}/ID removes it from the file.`
      : `There is no way to remove a ${noun.one}.`,
    is_supported: has('remove'),
    cites: has('remove') ? cite('remove') : ['PRD#/overview'],
  },
  {
    right: 'export',
    how: has('export') ? `GET /${noun.path}/export.csv gives one text.` : `GET /${noun.path} gives JSON.`,
    is_supported: true,
    cites: cite(has('export') ? 'export' : 'list'),
  },
]

/** What the service keeps about people, field by field, with what nobody has decided yet. */
export const writePrivacyReview = (product: Product, model: DataModel): PrivacyReview => {
  const data = listData(model)
  const { noun } = product.design
  return {
    summary:
      data.length > 0
        ? `${String(data.length)} fields hold something about people. ${getRetention(product)}`
        : `No field of a ${noun.one} is meant for something about people; free text may hold it all the same.`,
    handles_personal_data: data.length > 0,
    data,
    findings: listFindings(product, model, data.length > 0).slice(0, 60),
    rights: listRights(product),
    open_points: [
      ...(data.length > 0 ? ['On which legal basis are names kept?'] : []),
      `Who answers when somebody asks what is kept about them?`,
      'How long are copies of the file kept?',
    ],
  }
}
