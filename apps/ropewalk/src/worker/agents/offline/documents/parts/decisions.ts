import type { ArchitectureDoc } from '@ropewalk/core/contract/documents/architecture'
import type { TechStackProposal } from '@ropewalk/core/contract/documents/ideation'
import type { Product } from './product.ts'

type Adr = ArchitectureDoc['adrs'][number]
type Decision = Omit<Adr, 'id' | 'status'>

const refused = (name: string, reason: string) => ({ name, reason_refused: reason })

/** The place of a choice in the proposal, so that a decision rests on it where the proposal is at hand. */
const citeChoice = (stack: TechStackProposal | undefined, area: string): string[] => {
  const index = stack?.choices.findIndex((choice) => choice.area === area) ?? -1
  return index < 0 ? [] : [`TechStackProposal#/choices/${String(index)}`]
}

const listAlways = ({ design, cite }: Product, stack: TechStackProposal | undefined): Decision[] => {
  const { noun } = design
  return [
    {
      title: `All ${noun.many} lie in one file`,
      context: `The ${noun.many} must be there again after a restart, and the service may install no package.`,
      decision: `The store keeps all ${noun.many} in memory and writes each change to a second file, which then takes the name of the first.`,
      alternatives: [
        refused('SQLite', `It pays once the ${noun.many} no longer fit into memory, and not before.`),
        refused(
          'A file per record',
          'Listing would open every file, and a crash could leave half of a change.',
        ),
      ],
      consequences: [
        'A change takes longer the larger the file is.',
        'Only one process may run on one file.',
        'A copy of the file is a copy of everything.',
      ],
      cites: [...cite('keep'), ...citeChoice(stack, 'storage')],
    },
    {
      title: 'No framework',
      context: `The service has one kind of record, and the routes of ${noun.many} can be read on one screen.`,
      decision: 'Routes are a list of method, path and function on top of node:http.',
      alternatives: [
        refused('Fastify or Express', 'Each brings packages of its own, and the limit for packages is 0.'),
      ],
      consequences: [
        'Bodies, errors and headers are handled in one module of our own, which has tests of its own.',
      ],
      cites: [...cite('create', 'list'), ...citeChoice(stack, 'framework')],
    },
    {
      title: 'No sign-in in the service',
      context: `The requirements name no accounts, and whoever reaches the port reads and changes ${noun.many}.`,
      decision:
        'The service listens on 127.0.0.1 unless HOST says otherwise; who may reach it is decided before it.',
      alternatives: [
        refused(
          'Passwords in the same file',
          'They would be kept beside what they protect, without a way to reset them.',
        ),
      ],
      consequences: [
        'A proxy with sign-in is needed as soon as others reach the machine.',
        `Nobody can tell who changed a ${noun.one}.`,
      ],
      cites: [...cite('refuse'), ...citeChoice(stack, 'hosting')],
    },
  ]
}

const listSome = (product: Product, stack: TechStackProposal | undefined): Decision[] => {
  const { design, cite, has, gaps, idea } = product
  const { noun, steps } = design
  const { form } = idea.demands
  return [
    ...(has('page')
      ? [
          {
            title: 'The page is made on the server, without a script',
            context: `People want to see ${noun.many} in a browser, and a test must be able to read what they see.`,
            decision: 'The server sends HTML with a form; a policy of the page forbids every script.',
            alternatives: [
              refused(
                'A page built in the browser',
                'It needs a build step and lets stored text run as code once it is not escaped.',
              ),
            ],
            consequences: [
              'Every act loads the page anew.',
              'Stored markup cannot run, even if it were not escaped.',
            ],
            cites: [...cite('page'), ...citeChoice(stack, 'interface')],
          },
        ]
      : []),
    ...(has('status')
      ? [
          {
            title: 'A status moves by one step',
            context: `A ${noun.one} passes through ${steps.join(', ')}, and a step that is left out hides work that was not done.`,
            decision: 'Only the next step is taken; any other is answered with status 409.',
            alternatives: [
              refused(
                'Any step at any time',
                `Then the status would not tell how far a ${noun.one} has come.`,
              ),
            ],
            consequences: ['A wrong step cannot be taken back by the same route.'],
            cites: cite('status'),
          },
        ]
      : []),
    ...(has('apart')
      ? [
          {
            title: 'Overlaps are refused in the store',
            context: `Two callers may ask for one place at one time, and both must not get a ${noun.one}.`,
            decision: 'The check runs inside the change, and changes run one after the other.',
            alternatives: [
              refused(
                'A check before the change',
                'Between check and change the other caller may have been served.',
              ),
            ],
            consequences: ['Two requests for two places wait for each other, too.'],
            cites: cite('apart'),
          },
        ]
      : []),
    ...(gaps.length > 0
      ? [
          {
            title: 'What no rule builds is left out and named',
            context: `${String(gaps.length)} requirements ask for what the offline model cannot build${form === null ? '' : `, among them ${form.label}`}.`,
            decision:
              'They keep their ids and have neither code nor test, so that each check shows them as open.',
            alternatives: [
              refused('Something like it', 'A test would then prove something else than what was asked for.'),
            ],
            consequences: ['The verdict of the run carries a gap for each of them.'],
            cites: gaps.slice(0, 20).map((gap) => gap.cite),
          },
        ]
      : []),
  ]
}

/** Each decision with what was refused for it. */
export const listDecisionRecords = (product: Product, stack: TechStackProposal | undefined): Adr[] =>
  [...listAlways(product, stack), ...listSome(product, stack)].map((decision, index) => ({
    id: `ADR-${String(index + 1).padStart(3, '0')}`,
    status: 'accepted',
    ...decision,
  }))
