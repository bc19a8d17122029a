import type { DataModel, SecurityArchitecture } from '@ropewalk/core/contract/documents/architecture'
import { joinWords } from '../words.ts'
import { makeComponents, type Components } from './parts/components.ts'
import type { Product } from './parts/product.ts'

type Control = Omit<SecurityArchitecture['controls'][number], 'id'>

const listInner = ({ design, cite, has }: Product, parts: Components): Control[] => {
  const { noun, fields } = design
  return [
    {
      name: 'Every field is checked',
      category: 'input-validation',
      description: `A ${noun.one} is stored only when ${joinWords(fields.map(({ name }) => name))} each hold a value of their type and length, and no other field is given.`,
      threat: 'Values that the rest of the code does not expect.',
      verification:
        'Tests send a missing field, an unknown one and a value of another type, and count what is stored.',
      components: parts.ids('rules', 'records'),
      cites: [...cite('refuse'), parts.cite('rules')],
    },
    {
      name: 'Bodies are bounded',
      category: 'availability',
      description:
        'The interface stops keeping a body at 65536 bytes and ends a request that takes longer than 15 seconds.',
      threat: 'A caller who fills the memory or holds connections open.',
      verification: 'A test sends 70000 bytes and expects status 413.',
      components: parts.ids('http'),
      cites: [...cite('refuse'), parts.cite('http')],
    },
    {
      name: 'A change is on the disk before it is answered',
      category: 'data-protection',
      description: `The file of ${noun.many} is written beside, synced and renamed, readable by its owner alone.`,
      threat: `A crash that leaves half of a file, or another user of the machine who reads ${noun.many}.`,
      verification: 'A test restarts the service on the same file; the mode of the file is 600.',
      components: parts.ids('store'),
      cites: [...cite('keep'), parts.cite('store')],
    },
    {
      name: 'Errors tell nothing of the inside',
      category: 'logging',
      description:
        'A refusal names the field; any other failure is answered with a fixed text, and its cause goes to the log.',
      threat: 'A caller who learns paths and versions from an error.',
      verification:
        'The dynamic scan sends broken requests and looks for paths and stack traces in the answers.',
      components: parts.ids('http', ...(has('page') ? (['page'] as const) : [])),
      cites: [parts.cite('http')],
    },
    ...(has('page')
      ? [
          {
            name: 'Stored text is shown as text',
            category: 'output-encoding' as const,
            description:
              'Each value passes through one function that escapes markup, and a policy of the page forbids scripts.',
            threat: `Markup in a ${noun.one} that would run in the browser of another.`,
            verification: 'A test stores markup and reads it back from the page as text.',
            components: parts.ids('page'),
            cites: [...cite('page'), parts.cite('page')],
          },
        ]
      : []),
  ]
}

const listOuter = ({ cite, has, design }: Product, parts: Components): Control[] => [
  {
    name: 'Nobody reaches it by accident',
    category: 'network',
    description: 'The service listens on 127.0.0.1 unless HOST is set to another address.',
    threat: `Somebody on the same network who reads or changes ${design.noun.many}.`,
    verification: 'The deployment tool starts it without HOST and reads the address from its first line.',
    components: parts.ids('http'),
    cites: [parts.cite('http')],
  },
  {
    name: 'Sign-in stands before the service',
    category: 'authentication',
    description:
      'The service knows no accounts. Before others reach it, a proxy asks who they are; that proxy is not part of this build.',
    threat: 'Whoever reaches the port is taken for one of the group.',
    verification:
      'The deployment plan asks for the proxy before HOST is changed; nobody checks it by a test.',
    components: parts.ids('http'),
    cites: [...cite('create'), parts.cite('http')],
  },
  {
    name: 'No packages from others',
    category: 'supply-chain',
    description: 'The dependencies of package.json count 0; nothing is downloaded when it is installed.',
    threat: 'A package that was taken over by somebody else.',
    verification: 'The bill of materials lists 0 components beside the service.',
    components: parts.ids('records', 'store'),
    cites: [parts.cite('records')],
  },
  {
    name: 'Settings are checked at the start',
    category: 'configuration',
    description:
      'A PORT that is no port and a folder that does not exist end the process with a sentence and a status.',
    threat: 'A service that runs with other settings than its owner believes.',
    verification: 'A start with PORT=x ends with status 2.',
    components: parts.ids('http'),
    cites: [parts.cite('http')],
  },
  ...(has('page')
    ? [
        {
          name: 'Forms of other sites are refused',
          category: 'authorization' as const,
          description: 'A form whose Origin is another site is answered with status 403.',
          threat: 'A page elsewhere that sends a form in the name of its visitor.',
          verification: 'The dynamic scan sends a form with a foreign Origin.',
          components: parts.ids('page', 'http'),
          cites: [...cite('page'), parts.cite('page')],
        },
      ]
    : []),
]

const listClasses = (
  product: Product,
  model: DataModel | undefined,
): SecurityArchitecture['data_classes'] => {
  const entities = model?.entities ?? []
  const personal = entities.filter(({ fields }) => fields.some(({ is_personal_data: is }) => is))
  const others = entities.filter((entity) => !personal.includes(entity))
  return [
    ...(personal.length > 0
      ? [
          {
            name: 'Data about people',
            entities: personal.map(({ name }) => name),
            handling: `Kept in the one file; ${product.has('remove') ? 'removed by request' : 'no request removes it'}; not written to the log.`,
          },
        ]
      : []),
    ...(others.length > 0
      ? [
          {
            name: 'Records without names of people',
            entities: others.map(({ name }) => name),
            handling: 'Kept in the one file; free text may still hold a name, which the privacy review says.',
          },
        ]
      : []),
  ]
}

/** What protects the service as it is built, with what is left to others said as such. */
export const writeSecurityArchitecture = (
  product: Product,
  model: DataModel | undefined,
): SecurityArchitecture => {
  const parts = makeComponents(product)
  const { noun } = product.design
  const controls = [...listInner(product, parts), ...listOuter(product, parts)]
  return {
    summary: `${String(controls.length)} controls protect ${noun.many}; who may reach the service at all is decided by a proxy that is not part of it.`,
    controls: controls.map((control, index) => ({
      id: `CTL-${String(index + 1).padStart(3, '0')}`,
      ...control,
    })),
    trust_boundaries: [
      {
        name: 'Port of the service',
        between: `Whoever sends requests, and the process that keeps ${noun.many}.`,
        what_crosses: 'Addresses, bodies and headers that nobody has checked.',
        cites: [parts.cite('http')],
      },
      {
        name: 'File of the service',
        between: 'The process and the disk of the machine.',
        what_crosses: `All ${noun.many}, as JSON that is checked again when it is read at the start.`,
        cites: [parts.cite('store')],
      },
    ],
    data_classes: listClasses(product, model),
  }
}
