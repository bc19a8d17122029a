import type { UXFlows } from '@ropewalk/core/contract/documents/prd'
import type { Personas } from '@ropewalk/core/contract/documents/ideation'
import type { FeatureName } from '../design.ts'
import { getFeature } from '../features/recognise.ts'
import { capitalise, clip, joinWords } from '../words.ts'
import type { Product } from './parts/product.ts'

type Screen = UXFlows['screens'][number]
type Flow = UXFlows['flows'][number]

const toLabel = (name: string): string => capitalise(name.replaceAll('_', ' '))

/** The page of the service and the requests that have no place on it. */
const listScreens = ({ design, has }: Product): readonly Screen[] => {
  const { noun, fields } = design
  const request: Screen = {
    name: 'Request',
    purpose: `A program or a command line asks for ${noun.many} as JSON.`,
    elements: [`POST /${noun.path}`, `GET /${noun.path}`, `GET /${noun.path}/ID`],
  }
  if (!has('page')) return [request]
  return [
    {
      name: toLabel(noun.many),
      purpose: `Lists the stored ${noun.many}, oldest first, and says so when there are none.`,
      elements: [
        `Heading "${toLabel(noun.many)}"`,
        `Table with the columns ${joinWords(fields.map(({ name }) => toLabel(name)))}`,
        `Text "There are no ${noun.many} yet." while none is stored`,
      ],
    },
    {
      name: `Add ${noun.one}`,
      purpose: `Stores one ${noun.one} from a form on the same page.`,
      elements: [
        ...fields.map(
          ({ name, required }) =>
            `Input "${toLabel(name)}" with a label and a hint, ${required ? 'required' : 'optional'}`,
        ),
        `Button "Add ${noun.one}"`,
        'Message above the form that says why nothing was stored',
      ],
    },
    request,
  ]
}

const findPersona = (personas: Personas | undefined, pattern: RegExp): string =>
  personas?.personas.find(({ name }) => pattern.test(name))?.name ??
  personas?.personas[0]?.name ??
  'The one who uses the service'

const storeFlow = ({ design, ids, cite, has }: Product, persona: string): Flow => {
  const { noun, fields } = design
  const screen = has('page') ? `Add ${noun.one}` : 'Request'
  const required = fields.filter((field) => field.required).map(({ name }) => name)
  return {
    name: `Store a ${noun.one}`,
    persona,
    requirements: ids('create', 'refuse', 'page'),
    steps: [
      {
        screen,
        action: `Gives ${joinWords(required.length > 0 ? required : fields.map(({ name }) => name))}.`,
        response: 'Each field keeps what was typed.',
        on_error: null,
      },
      {
        screen,
        action: has('page') ? `Presses "Add ${noun.one}".` : `Sends POST /${noun.path}.`,
        response: `The list holds the new ${noun.one}.`,
        on_error:
          'The first field that breaks its rule is named, what was typed stays, and nothing is stored.',
      },
    ],
    cites: cite('create', 'refuse'),
  }
}

const listFlow = ({ design, ids, cite, has }: Product, persona: string): Flow => ({
  name: `See the ${design.noun.many}`,
  persona,
  requirements: ids('list', 'keep', 'page'),
  steps: [
    {
      screen: has('page') ? toLabel(design.noun.many) : 'Request',
      action: has('page') ? 'Opens the address of the service.' : `Sends GET /${design.noun.path}.`,
      response: `All ${design.noun.many} are there, oldest first.`,
      on_error: null,
    },
  ],
  cites: cite('list', 'keep'),
})

const SHOWN: readonly FeatureName[] = ['create', 'refuse', 'list', 'keep', 'page']

/** What has no control on the page goes by request; each such feature is one flow. */
const listRequestFlows = ({ design, ids, cite }: Product, persona: string): Flow[] =>
  design.features
    .filter((name) => !SHOWN.includes(name))
    .map((name) => {
      const feature = getFeature(name)
      const [first = ''] = feature.acceptance(design)
      return {
        name: clip(feature.title(design), 150),
        persona,
        requirements: ids(name),
        steps: [
          {
            screen: 'Request',
            action: `Wants ${feature.want(design)}.`,
            response: first,
            on_error: 'The answer has a status from 400 on, and a JSON body that says what was wrong.',
          },
        ],
        cites: cite(name),
      }
    })

/** Requirements that nobody builds still have a way a person would want to go. */
const listOpenFlows = ({ gaps }: Product, persona: string): Flow[] =>
  gaps.slice(0, 12).map(({ id, title, cite }) => ({
    name: clip(`Open: ${title}`, 150),
    persona,
    requirements: [id],
    steps: [
      {
        screen: 'Request',
        action: `Looks for this: ${title}.`,
        response: 'Nothing answers yet, since no rule builds it; the release notes say so.',
        on_error: null,
      },
    ],
    cites: [cite],
  }))

/** How people get what the requirements promise, on the page and by request. */
export const writeUxFlows = (product: Product, personas: Personas | undefined): UXFlows => {
  const writer = findPersona(personas, /\bwrites\b/u)
  const reader = findPersona(personas, /\blooks\b/u)
  const { noun } = product.design
  const flows = [
    storeFlow(product, writer),
    listFlow(product, reader),
    ...listRequestFlows(product, writer),
    ...listOpenFlows(product, reader),
  ].slice(0, 40)
  return {
    summary: `${String(flows.length)} flows lead to ${noun.many}${product.has('page') ? ', two of them on one page and the others by request' : ', all of them by request'}.`,
    screens: [...listScreens(product)],
    flows,
  }
}
