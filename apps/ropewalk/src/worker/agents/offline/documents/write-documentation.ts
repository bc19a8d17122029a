import type { RepoManifest } from '@ropewalk/core/contract/documents'
import type { Documentation } from '@ropewalk/core/contract/documents/release'
import { getFeature } from '../features/recognise.ts'
import { listVariables } from '../service/variables.ts'
import type { Field, FieldType } from '../design.ts'
import { clip, joinWords } from '../words.ts'
import type { Product } from './parts/product.ts'

type Section = Documentation['sections'][number]

const SAMPLES: Readonly<Record<FieldType, (name: string) => unknown>> = {
  'short text': (name) => `Example ${name}`,
  'long text': (name) => `An example of ${name}.`,
  amount: () => 12.5,
  'whole number': () => 3,
  date: () => '2026-01-31',
  'date and time': () => '2026-01-31T09:30',
  'web address': () => 'https://example.org/',
  'email address': () => 'name@example.org',
  'list of short texts': () => ['First', 'Second'],
}

/** A body that the service takes, with its required fields. */
const makeBody = (fields: readonly Field[]): string => {
  const given = fields.some(({ required }) => required) ? fields.filter(({ required }) => required) : fields
  // The later of two times, where both are asked for, must be later.
  const values = given.map(({ name, type }) => [
    name,
    name === 'end' ? '2026-01-31T10:30' : SAMPLES[type](name),
  ])
  return JSON.stringify(Object.fromEntries(values))
}

const startSection = (product: Product, manifest: RepoManifest | undefined): Section => {
  const { design, ids, cite } = product
  const start = manifest?.start?.join(' ') ?? 'node src/main.js'
  return {
    title: 'Start it',
    kind: 'getting-started',
    text: `Node.js 24 and no package is needed. Start the service in the root of the repository and ask it for its ${design.noun.many}; there are none yet.`,
    examples: [
      {
        language: 'sh',
        code: `${manifest?.port_env ?? 'PORT'}=8080 ${start}`,
        explains: 'Starts the service on port 8080.',
      },
      {
        language: 'sh',
        code: `curl http://127.0.0.1:8080/${design.noun.path}`,
        explains: `Lists the ${design.noun.many}.`,
      },
    ],
    requirements: ids('list', 'keep'),
    cites: cite('list', 'keep'),
  }
}

const storeSection = ({ design, ids, cite, has }: Product): Section => {
  const { noun, fields } = design
  return {
    title: `Store a ${noun.one}`,
    kind: 'how-to',
    text: `${has('page') ? `Open the service in a browser and fill in the form, or send` : 'Send'} a JSON object with ${joinWords(fields.map(({ name, required }) => `${name}${required ? '' : ' (optional)'}`))}. A field that breaks its rule is named in the answer, and nothing is stored.`,
    examples: [
      {
        language: 'sh',
        code: `curl -X POST http://127.0.0.1:8080/${noun.path} -H 'content-type: application/json' -d '${makeBody(fields)}'`,
        explains: `Stores a ${noun.one} and answers with its id.`,
      },
    ],
    requirements: ids('create', 'refuse', 'page'),
    cites: cite('create', 'refuse'),
  }
}

const featureSection = (product: Product): Section[] => {
  const names = product.design.features.filter(
    (name) => !['create', 'refuse', 'list', 'keep', 'page'].includes(name),
  )
  if (names.length === 0) return []
  return [
    {
      title: `What else can be done with ${product.design.noun.many}`,
      kind: 'reference',
      text: clip(names.map((name) => getFeature(name).statement(product.design)).join('\n'), 7900),
      examples: [],
      requirements: product.ids(...names),
      cites: product.cite(...names),
    },
  ]
}

const gapSection = ({ gaps }: Product): Section[] =>
  gaps.length === 0
    ? []
    : [
        {
          title: 'What it does not do',
          kind: 'explanation',
          text: clip(
            `These were asked for and are not built, since no rule of the offline model knows them: ${gaps.map(({ id, title }) => `${id}, ${title}`).join('; ')}.`,
            7900,
          ),
          examples: [],
          requirements: gaps.map(({ id }) => id),
          cites: gaps.slice(0, 20).map(({ cite }) => cite),
        },
      ]

const operationSections = (product: Product): Section[] => {
  const { design, ids, cite, blueprint } = product
  const { noun } = design
  return [
    {
      title: 'Run it',
      kind: 'operations',
      text: `${listVariables(blueprint)
        .map(({ name, meaning, standard }) => `${name}: ${meaning}; ${standard} where it is not set.`)
        .join(
          '\n',
        )}\nWhoever reaches the port reads and changes all ${noun.many}: put a proxy with sign-in before it ahead of setting HOST. Copy the file of ${noun.many} once a day.`,
      examples: [
        { language: 'sh', code: 'curl http://127.0.0.1:8080/healthz', explains: 'Asks whether it is up.' },
      ],
      requirements: ids('keep'),
      cites: cite('keep'),
    },
    {
      title: 'When something is refused',
      kind: 'troubleshooting',
      text: 'Status 400 names the field that is wrong. Status 404: there is nothing of this id. Status 409: it clashes with what is stored. Status 413: the body has more than 65536 bytes. Status 415: send application/json. Status 500: the log of the service says why.',
      examples: [],
      requirements: ids('refuse'),
      cites: cite('refuse'),
    },
  ]
}

/** How to start, use and run the service, and what it does not do. */
export const writeDocumentation = (product: Product, manifest: RepoManifest | undefined): Documentation => ({
  title: clip(`${product.title}: documentation`, 150),
  summary: `For those who use the service of ${product.design.noun.many}, and for the one who runs it.`,
  sections: [
    startSection(product, manifest),
    storeSection(product),
    ...featureSection(product),
    ...operationSections(product),
    ...gapSection(product),
  ],
})
