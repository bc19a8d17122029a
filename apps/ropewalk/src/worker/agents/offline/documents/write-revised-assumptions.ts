import type { RevisedAssumptions, RiskRegister } from '@ropewalk/core/contract/documents/critique'
import { clip } from '../words.ts'
import type { Brief } from './parts/brief.ts'

type Assumption = Omit<RevisedAssumptions['assumptions'][number], 'id' | 'flagged_by' | 'status'>

const OWNER = 'The one who gave the idea'

/** What the specification says of itself that it assumes. */
const listTold = ({ spec }: Brief): Assumption[] =>
  spec.assumptions.map(({ text }, index) => ({
    statement: text,
    category: 'user',
    challenge: 'Nobody decided this. Another answer would change fields, steps or rules of the service.',
    verdict: 'kept',
    revised_statement: null,
    owner: OWNER,
    cites: [`IdeaSpec#/assumptions/${String(index)}`],
  }))

/** What the plan assumes without saying so. */
const listUnsaid = ({ design, users, citeConstraint, citeGoal }: Brief): Assumption[] => {
  const { noun } = design
  return [
    {
      statement: `Everybody who is to use it can reach one machine: ${users}.`,
      category: 'operational',
      challenge: 'A service that listens on 127.0.0.1 is reached from its own machine and from no other.',
      verdict: 'revised',
      revised_statement: 'They reach the machine once HOST is set, behind a proxy that asks who they are.',
      owner: 'The one who runs the service',
      cites: [citeConstraint(/reaches the port/u)],
    },
    {
      statement: `All ${noun.many} fit into the memory of one process.`,
      category: 'technical',
      challenge: `At 2 kilobytes per ${noun.one}, 100000 of them take 200 megabytes.`,
      verdict: 'kept',
      revised_statement: null,
      owner: 'The one who runs the service',
      cites: [citeConstraint(/\bone file\b/iu)],
    },
    {
      statement: `Those who use it trust each other with every ${noun.one}: ${users}.`,
      category: 'user',
      challenge: 'Without sign-in, nobody can tell who changed what; one person of ill will is enough.',
      verdict: 'kept',
      revised_statement: null,
      owner: OWNER,
      cites: [citeConstraint(/reaches the port/u)],
    },
    {
      statement: `Each ${noun.one} is written down here by ${users}.`,
      category: 'market',
      challenge:
        'Lists die when the work of filling them falls to one person; nothing in the idea shows that it does not.',
      verdict: 'revised',
      revised_statement: `At least 2 people store a ${noun.one} in the first week, or the beta stops.`,
      owner: OWNER,
      cites: ['IdeaSpec#/users/0', citeGoal('create')],
    },
    {
      statement: `Somebody pays for keeping ${noun.many}.`,
      category: 'financial',
      challenge: 'The idea names no price, no budget and no buyer.',
      verdict: 'revised',
      revised_statement: 'Every amount in the business plan is an assumption until somebody has paid one.',
      owner: OWNER,
      cites: ['Idea#/text'],
    },
    {
      statement: `A ${noun.one} holds no secret.`,
      category: 'legal',
      challenge: 'Nothing keeps a person from writing one into a field of text.',
      verdict: 'kept',
      revised_statement: null,
      owner: 'The one who runs the service',
      cites: [citeGoal('create')],
    },
  ]
}

/** What no rule builds, as an assumption that falls. */
const listDropped = ({ open }: Brief): Assumption[] =>
  open.slice(0, 20).map(({ wish, cite }) => ({
    statement: `The first release does this: ${clip(wish, 1200)}.`,
    category: 'technical',
    challenge: 'No rule of the offline model builds it, and nobody else is at work.',
    verdict: 'dropped',
    revised_statement: null,
    owner: OWNER,
    cites: [cite],
  }))

/** Each assumption with what speaks against it, and what became of it. */
export const writeRevisedAssumptions = (
  brief: Brief,
  register: RiskRegister | undefined,
): RevisedAssumptions => {
  const all = [...listTold(brief), ...listUnsaid(brief), ...listDropped(brief)].slice(0, 60)
  const assumptions = all.map((assumption, index) => ({
    id: `ASM-${String(index + 1).padStart(3, '0')}`,
    ...assumption,
    status: assumption.verdict === 'dropped' ? ('invalidated' as const) : ('active' as const),
    flagged_by: 'assumption-challenger',
  }))
  const count = (verdict: Assumption['verdict']) => all.filter((each) => each.verdict === verdict).length
  return {
    summary: `${String(all.length)} assumptions were challenged: ${String(count('kept'))} kept, ${String(count('revised'))} revised, ${String(count('dropped'))} dropped${register === undefined ? '' : `, beside ${String(register.risks.length)} risks`}.`,
    assumptions,
    changes: assumptions
      .filter(({ verdict }) => verdict !== 'kept')
      .map(({ id, verdict, revised_statement: revised, statement }) =>
        verdict === 'dropped'
          ? `${id}: the release notes name as a gap what was assumed in "${clip(statement, 300)}".`
          : `${id}: from here on this holds instead: ${revised ?? statement}`,
      )
      .slice(0, 30),
  }
}
