import type { TechStackProposal } from '@ropewalk/core/contract/documents/ideation'
import { capitalise } from '../words.ts'
import type { Brief } from './parts/brief.ts'

type Choice = TechStackProposal['choices'][number]

const refused = (name: string, reason: string) => ({ name, reason_refused: reason })

const listChoices = ({ design, idea, citeGoal, citeConstraint }: Brief): Choice[] => {
  const { noun } = design
  const node = [citeConstraint(/Node\.js/u)]
  const file = [citeConstraint(/\bone file\b/iu), citeGoal('keep')]
  const { form } = idea.demands
  return [
    {
      area: 'language',
      choice: 'JavaScript as ECMAScript modules',
      reason: 'It runs as written, without a build step between the source and the service.',
      alternatives: [
        refused('TypeScript', 'It would need a compiler as a package, and the constraint allows 0.'),
      ],
      cites: node,
    },
    {
      area: 'runtime',
      choice: 'Node.js 24',
      reason: 'HTTP server, file access and test runner come with it.',
      alternatives: [refused('Python', 'Its server for production use is a package of its own.')],
      cites: node,
    },
    {
      area: 'framework',
      choice: 'None: node:http and a list of routes',
      reason: `The routes of ${noun.many} fit on one page, so that a framework would be more code than it saves.`,
      alternatives: [refused('Express or Fastify', 'Each is a package with packages of its own.')],
      cites: node,
    },
    {
      area: 'storage',
      choice: 'One JSON file, written beside and renamed',
      reason: `All ${noun.many} fit into memory, and a rename leaves the old file or the new one.`,
      alternatives: [
        refused('SQLite', `It pays from the day on which the ${noun.many} no longer fit into memory.`),
        refused('PostgreSQL', 'It is a second process to run, to secure and to copy.'),
      ],
      cites: file,
    },
    {
      area: 'interface',
      choice: design.features.includes('page') ? 'JSON by HTTP and one HTML page' : 'JSON by HTTP',
      reason: `Programs send and read ${noun.many} as JSON${design.features.includes('page') ? '; people get a page that works without a script' : ''}.`,
      alternatives: [
        refused('A page built in the browser', 'It needs a build step and a second program to test.'),
      ],
      cites: [citeGoal(design.features.includes('page') ? 'page' : 'list')],
    },
    {
      area: 'testing',
      choice: 'node:test against the running service',
      reason: 'A test that calls the service proves what a caller sees.',
      alternatives: [refused('Tests of single functions', 'They pass while the service does not start.')],
      cites: [citeGoal('refuse')],
    },
    {
      area: 'hosting',
      choice: 'One process on one machine',
      reason: `One file of ${noun.many} has one writer.`,
      alternatives: [refused('Two processes behind a balancer', 'Both would write the file.')],
      cites: file,
    },
    ...(form === null
      ? []
      : [
          {
            area: 'other' as const,
            choice: `Nothing yet for ${form.label}`,
            reason: 'No rule builds it, and a choice that nobody carries out would be a promise.',
            alternatives: [
              refused('Calling the web service by that name', 'It would not be what was asked for.'),
            ],
            cites: ['Idea#/text'],
          },
        ]),
  ]
}

/** What the offline coder builds with, with what each choice was made against. */
export const writeTechStack = (brief: Brief): TechStackProposal => {
  const { design, citeConstraint, open } = brief
  const { noun } = design
  return {
    summary: `${capitalise(noun.many)} are served by one process of plain Node.js 24 and kept in one file; 0 packages are installed.`,
    choices: listChoices(brief),
    risks: [
      {
        text: `Every change writes all ${noun.many} anew, so that the time of a change grows with their count.`,
        cites: [citeConstraint(/\bone file\b/iu)],
      },
      {
        text: `Whoever reaches the port can change ${noun.many}; without a wall in front of it that is everybody.`,
        cites: [citeConstraint(/reaches the port/u)],
      },
      ...open.slice(0, 8).map(({ wish, cite }) => ({
        text: `Nothing in this stack does this: ${wish}.`,
        cites: [cite],
      })),
    ],
  }
}
