import type { CritiqueReport } from '@ropewalk/core/contract/documents/critique'
import type {
  CompetitiveAnalysis,
  IdeationResult,
  Personas,
} from '@ropewalk/core/contract/documents/ideation'
import { clip } from '../words.ts'
import type { Brief } from './parts/brief.ts'

export type CritiqueSources = {
  readonly brief: Brief
  readonly ideation: IdeationResult
  readonly competition: CompetitiveAnalysis
  readonly personas: Personas
}

type Finding = CritiqueReport['findings'][number]

/** What the idea asks for and nobody here builds: the finding that weighs most. */
const listOpen = ({ brief }: CritiqueSources): Finding[] =>
  brief.open.map(({ text, wish, cite }) => ({
    title: clip(`Not built: ${wish}`, 150),
    text: `The idea asks for something that no rule builds: ${clip(wish, 1500)}.`,
    severity: text.startsWith('The product is') ? 'critical' : 'high',
    recommendation: 'Keep it as a requirement and count it as not verified until somebody builds it.',
    cites: [cite],
  }))

const listBasic = ({ brief, competition }: CritiqueSources): Finding[] => {
  const { design, users, spec, citeConstraint, citeGoal } = brief
  const { noun } = design
  const remembered = competition.alternatives.findIndex(({ basis }) => basis === 'general-knowledge')
  return [
    {
      title: 'Whoever reaches the port may change everything',
      text: `There is no sign-in, so that one person can remove a ${noun.one} of another without a trace of who did it.`,
      severity: 'medium',
      recommendation: 'Let the service listen on 127.0.0.1 unless a proxy with sign-in stands before it.',
      cites: [citeConstraint(/reaches the port/u)],
    },
    {
      title: `One file holds all ${noun.many}`,
      text: `A disk that fails takes every ${noun.one} with it, and nothing in the goals asks for a copy.`,
      severity: 'medium',
      recommendation: 'Copy the file once a day and try once whether the copy can be read.',
      cites: [citeConstraint(/\bone file\b/iu), citeGoal('keep')],
    },
    {
      title: 'Nobody was asked',
      text: `That ${users} want this rests on one sentence. ${String(spec.assumptions.length)} points were assumed.`,
      severity: 'low',
      recommendation: `Show the list of ${noun.many} to two people of the group before a second release.`,
      cites: ['Idea#/text', 'IdeaSpec#/users/0'],
    },
    ...(remembered < 0
      ? []
      : [
          {
            title: 'The alternatives were not looked up',
            text: 'What is said of other products is general knowledge, without a source that a reader can open.',
            severity: 'low' as const,
            recommendation: 'Take no price and no claim over from it.',
            cites: [`CompetitiveAnalysis#/alternatives/${String(remembered)}`],
          },
        ]),
  ]
}

/** What speaks for the idea as it was specified, and what against. */
export const writeCritique = (sources: CritiqueSources): CritiqueReport => {
  const { brief, ideation, personas } = sources
  const { spec, design, open, citeGoal } = brief
  const findings = [...listOpen(sources), ...listBasic(sources)].slice(0, 40)
  const built = spec.goals.length - open.length
  return {
    summary: `Of ${String(spec.goals.length)} goals, ${String(built)} can be built as they stand; ${String(findings.length)} findings speak against the plan, ${String(open.length)} of them because no rule builds what was asked.`,
    strengths: [
      {
        text: `Every goal has a use case: ${String(ideation.use_cases.length)} in all, each with steps.`,
        cites: ['IdeationResult#/use_cases/0'],
      },
      {
        text: `What a ${design.noun.one} must hold is said field by field, so that a test can prove it.`,
        cites: [citeGoal('create'), citeGoal('refuse')],
      },
      {
        text: `${String(personas.personas.length)} kinds of people are told apart by what they do.`,
        cites: ['Personas#/personas/0'],
      },
    ],
    findings,
    verdict: open.length === 0 ? 'go' : 'go-with-changes',
    verdict_reason:
      open.length === 0
        ? 'No finding stands against building the first release.'
        : `${String(open.length)} goals stay open; the rest can be built as long as nobody calls it the whole.`,
  }
}
