import type { Personas } from '@ropewalk/core/contract/documents/ideation'
import type { FeatureName } from '../design.ts'
import { capitalise, clip } from '../words.ts'
import type { Brief } from './parts/brief.ts'

type Persona = Omit<Personas['personas'][number], 'is_primary' | 'name'> & { readonly does: string }

/** Further people that a feature brings along. */
const BY_FEATURE: readonly (readonly [FeatureName, (many: string, one: string) => readonly [string, string, string]])[] = [
  ['status', (many, one) => [`moves ${many} from step to step`, `To see at which step each ${one} is.`, `A ${one} was called finished while a step was left out.`]],
  ['total', (many) => [`adds up ${many}`, 'To read one sum.', 'Sums added by hand come out in two versions.']],
  ['vote', (many) => [`votes in ${many}`, 'To give one vote that counts.', 'Votes by show of hands are counted twice.']],
  ['redirect', () => ['opens short codes', 'To arrive at the address behind a code.', 'A long address broke over two lines.']],
  ['apart', (many) => [`keeps the calendar of ${many}`, 'To promise no place twice.', 'Two groups stood at one door.']],
  ['stock', (many) => [`takes ${many} from the shelf`, 'To book what was taken in one request.', 'The shelf was empty and the list was not.']],
  ['average', (many) => [`reads what ${many} say as a whole`, 'To read one average with its count.', 'One loud voice was taken for all of them.']],
  ['export', (many) => [`takes ${many} into a sheet`, `To get all ${many} as one file.`, 'They were typed a second time.']],
] // prettier-ignore

const listPeople = ({ design, users, spec, citeGoal }: Brief): Persona[] => {
  const { noun } = design
  const group = 'IdeaSpec#/users/0'
  const hasPage = design.features.includes('page')
  const extra = BY_FEATURE.filter(([name]) => design.features.includes(name)).slice(0, 2)
  return [
    {
      does: `writes ${noun.many} down`,
      role: clip(`Among ${users}, the one who stores ${noun.many}`, 150),
      context: `Has one ${noun.one} at hand at a time, ${hasPage ? 'and a browser' : 'and a program that sends requests'}.`,
      goals: [`To store each ${noun.one} once.`, 'To be told which field is wrong.'],
      frustrations: [spec.problem],
      skills: hasPage ? 'Fills in forms; writes no code.' : 'Sends requests from a program.',
      cites: [group, citeGoal('create'), citeGoal('refuse')],
    },
    {
      does: `looks ${noun.many} up`,
      role: clip(`Among ${users}, the one who reads what others stored`, 150),
      context: `Asks for one ${noun.one} out of the list and changes nothing.`,
      goals: [`To find a ${noun.one} without asking the one who stored it.`],
      frustrations: [`The newest list of ${noun.many} is always on another desk.`],
      skills: hasPage ? 'Reads a page in a browser.' : 'Reads JSON with a program.',
      cites: [group, citeGoal('list')],
    },
    ...extra.map(([name, tell]): Persona => {
      const [does, goal, frustration] = tell(noun.many, noun.one)
      return {
        does,
        role: clip(`Among ${users}, the one who ${does}`, 150),
        context: `Comes when ${noun.many} are stored already.`,
        goals: [goal],
        frustrations: [frustration],
        skills: 'Knows the work and not the program.',
        cites: [group, citeGoal(name)],
      }
    }),
    {
      does: `runs the machine that keeps ${noun.many}`,
      role: 'The one who starts the service and copies its file',
      context: 'Has a machine with Node.js 24 and a port that the others reach.',
      goals: ['To start it with one command.', `To find every ${noun.one} again after a restart.`],
      frustrations: ['Programs whose data cannot be copied as a file.'],
      skills: 'Uses a command line and copies files.',
      cites: [group, citeGoal('keep')],
    },
  ]
}

/** Three to five people by what they do; nobody was interviewed, so none of them has an invented life. */
export const writePersonas = (brief: Brief): Personas => ({
  personas: listPeople(brief).map(({ does, ...persona }, index) => ({
    name: clip(capitalise(`the one who ${does}`), 150),
    ...persona,
    is_primary: index === 0,
  })),
})
