import type { CritiqueReport, RiskRegister } from '@ropewalk/core/contract/documents/critique'
import { clip } from '../words.ts'
import type { Brief } from './parts/brief.ts'

type Risk = Omit<RiskRegister['risks'][number], 'id' | 'mitigation_status'>

const OWNER = 'The one who runs the service'
const PLANNER = 'The one who gave the idea'

/** The finding of the critique about the same goal, so that no grave one is left without a risk. */
const citeFinding = (critique: CritiqueReport | undefined, cite: string): string[] => {
  const index = critique?.findings.findIndex(({ cites }) => cites.includes(cite)) ?? -1
  return index < 0 ? [] : [`CritiqueReport#/findings/${String(index)}`]
}

const listOpen = ({ open }: Brief, critique: CritiqueReport | undefined): Risk[] =>
  open.map(({ text, wish, cite }) => ({
    title: clip(`Open after this run: ${wish}`, 150),
    description: `Who expects "${clip(wish, 1500)}" does not get it.`,
    category: 'market',
    likelihood: 5,
    impact: text.startsWith('The product is') ? 5 : 3,
    mitigation: `Until "${clip(wish, 600)}" is built, it stands in the release notes as a gap.`,
    owner: PLANNER,
    trigger: 'The traceability matrix shows the requirement without a test.',
    cites: [cite, ...citeFinding(critique, cite)],
  }))

const listTechnical = ({ design: { noun }, citeConstraint, citeGoal }: Brief): Risk[] => [
  {
    title: `The file of ${noun.many} grows`,
    description: `Each change writes all ${noun.many} anew; at 100000 of them a change takes longer than a caller waits.`,
    category: 'technical',
    likelihood: 2,
    impact: 3,
    mitigation: `Watch the size of the file; from 50 megabytes on, ${noun.many} move into a database.`,
    owner: OWNER,
    trigger: 'The file is larger than 50 megabytes.',
    cites: [citeConstraint(/\bone file\b/iu)],
  },
  {
    title: 'A crash in the middle of a write',
    description: `Power fails while ${noun.many} are written.`,
    category: 'technical',
    likelihood: 2,
    impact: 4,
    mitigation: 'Each write goes to a second file that takes the name of the first once it is on the disk.',
    owner: OWNER,
    trigger: 'The service finds a file that it cannot read at its start.',
    cites: [citeGoal('keep')],
  },
]

const listOperational = ({ design: { noun }, citeConstraint, citeGoal }: Brief): Risk[] => [
  {
    title: `The machine that keeps ${noun.many} is lost`,
    description: `All ${noun.many} lie on one disk, and no goal asks for a copy.`,
    category: 'operational',
    likelihood: 2,
    impact: 5,
    mitigation: 'The file is copied to a second machine once a day, and the copy is read once a month.',
    owner: OWNER,
    trigger: 'The newest copy is older than 24 hours.',
    cites: [citeConstraint(/\bone file\b/iu), citeGoal('keep')],
  },
  {
    title: 'The service is down and nobody notices',
    description: `Whoever wants a ${noun.one} finds no answer, and the one who runs it hears of it last.`,
    category: 'operational',
    likelihood: 3,
    impact: 3,
    mitigation: 'A monitor asks GET /healthz every minute and tells the one who runs the service.',
    owner: OWNER,
    trigger: '3 answers of GET /healthz in a row are missing.',
    cites: [citeConstraint(/\bmonitor\b/iu)],
  },
]

/** What lies outside the code: people, law and money. */
const listOutside = ({ design, users, spec, citeConstraint, citeGoal }: Brief): Risk[] => {
  const { noun } = design
  return [
    {
      title: 'Somebody at the port who should not be there',
      description: `There is no sign-in: whoever reaches the port reads and changes ${noun.many}.`,
      category: 'security',
      likelihood: 3,
      impact: 4,
      mitigation:
        'The service listens on 127.0.0.1 until somebody sets HOST; a proxy with sign-in stands before it.',
      owner: OWNER,
      trigger: 'HOST is set to an address that others reach.',
      cites: [citeConstraint(/reaches the port/u)],
    },
    {
      title: 'Nobody uses it',
      description: `One sentence says that ${users} want to keep ${noun.many} in one place; none of them was asked.`,
      category: 'market',
      likelihood: 3,
      impact: 4,
      mitigation: 'The beta counts what is stored and asks its testers; without use the plan stops.',
      owner: PLANNER,
      trigger: `No ${noun.one} is stored in 7 days of the beta.`,
      cites: ['IdeaSpec#/users/0', 'Idea#/text'],
    },
    {
      title: `Names of people in ${noun.many}`,
      description: `A ${noun.one} may hold names or addresses of people, for which data protection law asks a purpose and an end.`,
      category: 'legal',
      likelihood: 3,
      impact: 3,
      mitigation: design.features.includes('remove')
        ? `A ${noun.one} can be removed by one request, and the privacy review lists each field.`
        : `The privacy review lists each field; that no ${noun.one} can be removed is named there as a gap.`,
      owner: OWNER,
      trigger: 'Somebody asks what is kept about them.',
      cites: [citeGoal('create')],
    },
    {
      title: 'Costs without income',
      description: `A machine has to be paid for while nobody knows what ${users} would pay.`,
      category: 'financial',
      likelihood: 3,
      impact: 2,
      mitigation:
        'The first release runs on a machine that is there already; figures of the business plan are assumptions.',
      owner: PLANNER,
      trigger: 'Costs of 3 months are higher than what the plan says.',
      cites: [`IdeaSpec#/${spec.assumptions.length > 0 ? 'assumptions/0' : 'summary'}`],
    },
  ]
}

/** Risks by category, each with a mitigation, a trigger and somebody to look at it. */
export const writeRiskRegister = (brief: Brief, critique: CritiqueReport | undefined): RiskRegister => {
  const risks = [
    ...listOpen(brief, critique),
    ...listTechnical(brief),
    ...listOperational(brief),
    ...listOutside(brief),
  ].slice(0, 60)
  return {
    summary: `${String(risks.length)} risks of keeping ${brief.design.noun.many} for ${brief.users}, in six categories; likelihood and impact are the judgement of rules and nobody measured them.`,
    risks: risks.map((risk, index) => ({
      id: `RISK-${String(index + 1).padStart(3, '0')}`,
      ...risk,
      mitigation_status: 'pending',
    })),
  }
}

/**
 * The register as a hasty author would hand it in: technical risks alone. Only the setting
 * `first_draft: incomplete` of an agent asks for it, to show a gate that refuses and a round that mends.
 */
export const leaveOutCategories = (register: RiskRegister): RiskRegister => ({
  ...register,
  risks: register.risks.filter(({ category }) => category === 'technical'),
})
