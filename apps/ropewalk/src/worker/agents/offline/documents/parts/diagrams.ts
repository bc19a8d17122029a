import type { ArchitectureDoc } from '@ropewalk/core/contract/documents/architecture'
import { capitalise } from '../../words.ts'
import type { Components } from './components.ts'
import type { Product } from './product.ts'

/** A label in quotes: letters, digits and the signs that Mermaid takes there for themselves. */
const quote = (text: string): string =>
  `"${text
    .replaceAll(/[^\p{L}\p{N} ,./:'-]/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim()}"`
const toNode = (id: string): string => id.replace('-', '_')

const drawContext = ({ title, design: { noun }, has, idea }: Product): string =>
  [
    'flowchart LR',
    `  people[${quote(capitalise(idea.users))}]`,
    `  monitor[${quote('Monitor')}]`,
    `  service[${quote(title)}]`,
    `  disk[(${quote(`File of ${noun.many}`)})]`,
    `  people -->|${has('page') ? 'page and JSON' : 'JSON'}| service`,
    '  monitor -->|GET /healthz| service',
    '  service -->|writes and renames| disk',
  ].join('\n')

const drawContainer = ({ list }: Components): string =>
  [
    'flowchart TB',
    ...list.map(({ id, name }) => `  ${toNode(id)}[${quote(`${id} ${name}`)}]`),
    ...list.flatMap(({ id, depends_on: needs }) =>
      needs.map((need) => `  ${toNode(id)} --> ${toNode(need)}`),
    ),
  ].join('\n')

const drawSequence = ({ design: { noun } }: Product): string =>
  [
    'sequenceDiagram',
    '  participant C as Caller',
    '  participant H as HTTP interface',
    '  participant F as Field rules',
    '  participant S as Store',
    `  C->>H: POST /${noun.path}`,
    '  H->>F: check each field',
    '  alt a field breaks its rule',
    '    F-->>H: name of the field',
    '    H-->>C: 400 with the field',
    '  else all fields hold',
    '    H->>S: write beside, sync, rename',
    '    S-->>H: stored',
    `    H-->>C: 201 with the ${noun.one}`,
    '  end',
  ].join('\n')

const drawDeployment = ({ design: { noun } }: Product): string =>
  [
    'flowchart LR',
    `  caller[${quote('Browser or program')}]`,
    `  proxy[${quote('Proxy with sign-in, if others reach it')}]`,
    `  subgraph machine[${quote('One machine')}]`,
    `    process[${quote('node src/main.js')}]`,
    `    file[(${quote(`data/${noun.path}.json`)})]`,
    '  end',
    `  copy[(${quote('Daily copy on a second machine')})]`,
    '  caller --> proxy',
    '  proxy -->|PORT| process',
    '  process --> file',
    '  file -->|once a day| copy',
  ].join('\n')

/** The four drawings of an architecture, each in Mermaid. */
export const drawDiagrams = (product: Product, components: Components): ArchitectureDoc['diagrams'] => {
  const { many, one } = product.design.noun
  return [
    { kind: 'context', title: `Who uses the service of ${many}`, mermaid: drawContext(product) },
    { kind: 'container', title: `Parts of the service of ${many}`, mermaid: drawContainer(components) },
    { kind: 'sequence', title: `How a ${one} is stored`, mermaid: drawSequence(product) },
    { kind: 'deployment', title: `Where the ${many} lie`, mermaid: drawDeployment(product) },
  ]
}
