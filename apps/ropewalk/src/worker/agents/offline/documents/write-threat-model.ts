import type { SecurityArchitecture } from '@ropewalk/core/contract/documents/architecture'
import type { ThreatModel } from '@ropewalk/core/contract/documents/security'
import { makeComponents, type ComponentKey, type Components } from './parts/components.ts'
import type { Product } from './parts/product.ts'

type Threat = ThreatModel['threats'][number]
type Control = SecurityArchitecture['controls'][number]
type Draft = Omit<Threat, 'id' | 'component' | 'controls' | 'cites'> & {
  readonly part: ComponentKey
  readonly against: readonly Control['category'][]
}

const listFromOutside = ({ design: { noun } }: Product): Draft[] => [
  {
    title: 'Somebody acts as one of the group',
    stride: 'spoofing',
    part: 'http',
    description: `The service knows no accounts, so that whoever reaches the port stores and reads ${noun.many} as everybody does.`,
    likelihood: 3,
    impact: 4,
    against: ['authentication', 'network'],
    residual_risk: 'medium',
    residual_reason:
      'The proxy that asks for a name is outside this build, and no test proves that it is there.',
  },
  {
    title: `A ${noun.one} is changed and nobody knows by whom`,
    stride: 'repudiation',
    part: 'records',
    description: 'The records name no author, and the log holds no caller.',
    likelihood: 3,
    impact: 2,
    against: ['logging'],
    residual_risk: 'medium',
    residual_reason: 'Without accounts nothing can tell callers apart.',
  },
  {
    title: 'Values that the code does not expect',
    stride: 'tampering',
    part: 'rules',
    description: `A caller sends a type, a length or a field that no rule names, to bring a ${noun.one} into a state it cannot have.`,
    likelihood: 4,
    impact: 3,
    against: ['input-validation'],
    residual_risk: 'low',
    residual_reason: 'Each field has its own rule and a test that breaks it.',
  },
  {
    title: 'Bodies without end',
    stride: 'denial-of-service',
    part: 'http',
    description: 'A caller sends a body that does not end, or opens connections and says nothing.',
    likelihood: 3,
    impact: 3,
    against: ['availability'],
    residual_risk: 'medium',
    residual_reason: 'Length and time of one request are bounded; how often one caller asks is not.',
  },
]

const listFromInside = ({ design: { noun }, has }: Product): Draft[] => [
  {
    title: 'Another user of the machine reads the file',
    stride: 'information-disclosure',
    part: 'store',
    description: `All ${noun.many} lie in one file, which whoever may read it can copy.`,
    likelihood: 2,
    impact: 4,
    against: ['data-protection'],
    residual_risk: 'low',
    residual_reason: 'The file is readable by its owner alone; who has the rights of the owner has the file.',
  },
  {
    title: 'A package that does something else',
    stride: 'elevation-of-privilege',
    part: 'records',
    description: 'Code that comes with an installation runs with all rights of the service.',
    likelihood: 1,
    impact: 5,
    against: ['supply-chain'],
    residual_risk: 'low',
    residual_reason: 'There is no package; what is left is Node.js itself.',
  },
  ...(has('page')
    ? [
        {
          title: `Markup in a ${noun.one}`,
          stride: 'elevation-of-privilege' as const,
          part: 'page' as const,
          description:
            'Stored text is shown to others in a browser and would run there as code if it were taken for markup.',
          likelihood: 4,
          impact: 4,
          against: ['output-encoding' as const],
          residual_risk: 'low' as const,
          residual_reason: 'Escaping and a policy without scripts would both have to fail.',
        },
        {
          title: 'A form sent from another site',
          stride: 'tampering' as const,
          part: 'page' as const,
          description: `A page elsewhere makes the browser of a visitor store a ${noun.one}.`,
          likelihood: 2,
          impact: 3,
          against: ['authorization' as const],
          residual_risk: 'low' as const,
          residual_reason: 'A foreign Origin is refused; browsers that send none are older than those tried.',
        },
      ]
    : []),
  ...(has('redirect')
    ? [
        {
          title: 'Codes that lead somewhere bad',
          stride: 'spoofing' as const,
          part: 'extras' as const,
          description:
            'A short code hides the address behind it, and that address may belong to somebody of ill will.',
          likelihood: 3,
          impact: 3,
          against: ['input-validation' as const],
          residual_risk: 'medium' as const,
          residual_reason: 'Only http and https are taken; what stands at an address is not looked at.',
        },
      ]
    : []),
]

const findControls = (security: SecurityArchitecture | undefined, against: Draft['against']): string[] =>
  (security?.controls ?? []).filter(({ category }) => against.includes(category)).map(({ id }) => id)

const toThreat = (
  { part, against, ...draft }: Draft,
  index: number,
  from: { readonly parts: Components; readonly security: SecurityArchitecture | undefined },
): Threat => {
  const { parts, security } = from
  const controls = findControls(security, against)
  const cited = security?.controls.findIndex(({ id }) => id === controls[0]) ?? -1
  return {
    id: `THR-${String(index + 1).padStart(3, '0')}`,
    ...draft,
    component: parts.id(part) ?? parts.id('http') ?? 'COMP-001',
    controls: controls.slice(0, 20),
    cites: [parts.cite(part), ...(cited < 0 ? [] : [`SecurityArchitecture#/controls/${String(cited)}`])],
  }
}

/** What could go wrong on purpose, by part, with the controls against it and what is left. */
export const writeThreatModel = (
  product: Product,
  security: SecurityArchitecture | undefined,
): ThreatModel => {
  const parts = makeComponents(product)
  const { noun } = product.design
  const drafts = [...listFromOutside(product), ...listFromInside(product)]
  return {
    summary: `${String(drafts.length)} threats to ${noun.many}; likelihood and impact are the judgement of rules, which attacked nothing.`,
    assets: [
      {
        name: `The ${noun.many}`,
        worth: `What ${product.idea.users} know of their ${noun.many} and have nowhere else.`,
        cites: product.cite('create'),
      },
      {
        name: 'The service being there',
        worth: `Who needs a ${noun.one} needs it at that time.`,
        cites: product.cite('keep', 'list'),
      },
    ],
    threats: drafts.map((draft, index) => toThreat(draft, index, { parts, security })),
  }
}
