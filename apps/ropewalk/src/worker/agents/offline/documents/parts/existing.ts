import type { IdeaSpec, Prd } from '@ropewalk/core/contract/documents'
import type { AgentJob } from '../../../../agent-runtime.ts'
import { NOT_BUILT } from '../../demands.ts'
import { parseIdea, type ParsedIdea } from '../../parse-idea.ts'
import { MARKER_PATH } from '../../service/marker.ts'
import { clip, listWords } from '../../words.ts'
import { findInput, getIdea } from '../inputs.ts'

/** How a goal begins that asks for a change of somebody else's code; later documents know such a run by it. */
const CHANGE = /^The product is a change to the existing repository ([^,]+), which /u
const REQUIRED = /^Be a change to the existing repository (.+?) \(not built by rules\)$/u

const getSafeName = (name: string): string => clip(listWords(name).join('-'), 60) || 'unnamed'

/** The idea as a change of a repository: what is asked, and what must stay as it is. No rule does any of it. */
const asChange = (idea: ParsedIdea, repository: string): ParsedIdea => {
  const name = getSafeName(repository)
  const { wishes } = idea.demands
  return {
    ...idea,
    title: clip(`Change to ${name}`, 120),
    users: `people who use ${name}`,
    namesUsers: false,
    // Whoever asks for a change asks for no new service.
    design: { ...idea.design, features: [] },
    demands: {
      ...idea.demands,
      form: {
        label: `a change to the existing repository ${name}`,
        words: clip(idea.words, 80),
        isProduct: true,
        isChange: true,
      },
      wishes: [
        ...(idea.words === '' ? [] : [idea.words]),
        ...wishes.filter((wish) => wish !== idea.words),
        `a test of ${name} fails without the change and passes with it`,
        `everything that the tests of ${name} prove today still holds`,
        `the commands that build, test and start ${name} keep working`,
        `${name} asks for no further package`,
      ],
    },
  }
}

/** The idea of a job; in a run on a repository that rules did not write, as a change of it. */
export const readParsedIdea = (job: AgentJob): ParsedIdea => {
  const idea = parseIdea(getIdea(job))
  const known = findInput(job, 'RepoContext')
  return known === undefined || known.tree.includes(MARKER_PATH) ? idea : asChange(idea, known.name)
}

/** The idea as its specification understood it. */
export const readIdeaBySpec = (idea: ParsedIdea, spec: IdeaSpec): ParsedIdea => {
  const name = spec.goals.map(({ text }) => CHANGE.exec(text)?.[1]).find((each) => each !== undefined)
  return name === undefined ? idea : asChange(idea, name)
}

/** The repository that requirements ask to change; undefined where they ask for a product of its own. */
export const findChanged = (prd: Prd): string | undefined =>
  prd.requirements.map(({ title }) => REQUIRED.exec(title)?.[1]).find((name) => name !== undefined)

const getCaveat = (name: string): string =>
  `Rules read no code of ${name} and change none: what stands here is the service that they would write from nothing, and none of it is built in ${name} ${NOT_BUILT}.`

/** A document about code that rules neither read nor write says so before anything else. */
export const markExisting = (document: object, prd: Prd | undefined): object => {
  const name = prd && findChanged(prd)
  if (name === undefined) return document
  if ('summary' in document && typeof document.summary === 'string')
    return { ...document, summary: clip(`${getCaveat(name)} ${document.summary}`, 1990) }
  if ('info' in document && typeof document.info === 'object')
    return { ...document, info: { ...document.info, description: getCaveat(name) } }
  return document
}
