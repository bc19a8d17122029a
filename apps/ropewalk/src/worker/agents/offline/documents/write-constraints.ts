import type { Clarifications } from '@ropewalk/core/contract/documents'
import type { Constraints } from '@ropewalk/core/contract/documents/intake'
import { listDemandConstraints } from '../demands.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { clip } from '../words.ts'

type Constraint = Omit<Constraints['constraints'][number], 'id'>

/** What the idea itself binds the product to, in its own words. */
const listOwn = ({ demands, users, namesUsers }: ParsedIdea): Constraint[] => {
  const cites = ['Idea#/text']
  return [
    ...(demands.form === null
      ? []
      : [
          {
            kind: 'platform' as const,
            text: `The idea names "${demands.form.words}", which asks for ${demands.form.label}.`,
            is_hard: true,
            cites,
          },
        ]),
    ...(namesUsers
      ? [{ kind: 'operational' as const, text: `The product is for ${users}.`, is_hard: true, cites }]
      : []),
    ...listDemandConstraints(demands).map((text) => ({
      kind: 'quality' as const,
      text: clip(text, 600),
      is_hard: true,
      cites,
    })),
  ]
}

/** What the way it is built binds it to; these may be traded away by whoever builds it otherwise. */
const listBuild = ({ design: { noun } }: ParsedIdea, reading: string): Constraint[] => {
  const cites = [reading]
  return [
    {
      kind: 'technical',
      text: 'The service runs on Node.js 24 and uses 0 further packages.',
      is_hard: false,
      cites,
    },
    {
      kind: 'data',
      text: `All ${noun.many} are kept in one file on the machine of the service.`,
      is_hard: false,
      cites,
    },
    { kind: 'technical', text: 'A body above 65536 bytes is refused.', is_hard: false, cites },
    { kind: 'operational', text: 'A monitor can ask whether the service is up.', is_hard: false, cites },
    {
      kind: 'operational',
      text: 'Whoever reaches the port of the service reads and changes everything in it.',
      is_hard: false,
      cites,
    },
  ]
}

/** The constraints of an idea: its own first, then those of the build. */
export const writeConstraints = (
  idea: ParsedIdea,
  clarifications: Clarifications | undefined,
): Constraints => {
  const { demands, design } = idea
  const reading = (clarifications?.notes.trim() ?? '') === '' ? 'Idea#/text' : 'Clarifications#/notes'
  const own = listOwn(idea)
  const isChange = demands.form?.isChange === true
  return {
    summary: `The idea sets ${String(own.length)} ${own.length === 1 ? 'constraint' : 'constraints'} of its own${isChange ? '.' : ` on keeping ${design.noun.many}; the others come from how rules build.`}`,
    constraints: [...own, ...(isChange ? [] : listBuild(idea, reading))]
      .slice(0, 40)
      .map((constraint, index) => ({ id: `CON-${String(index + 1).padStart(3, '0')}`, ...constraint })),
    open_points: [
      ...(clarifications?.questions ?? []).map(({ text }) => clip(text, 1000)),
      ...demands.wishes.map((wish) => `Who builds this, since no rule does: ${wish}?`),
    ].slice(0, 20),
  }
}
