import { text as readStream } from 'node:stream/consumers'
import type { AnyQuestionView } from '@ropewalk/core/contract/api/questions'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import { getQuestionRef } from '@ropewalk/core/short-id'
import { listAll, type Api } from '../api.ts'
import { askDecision, parseVote, refuseVote, sendDecision, type Decision } from '../ask-question.ts'
import { filterIds, resolveProjectId, resolveQuestionId } from '../backlog-ref.ts'
import { isGiven, makeAnswer, type GivenAnswer } from '../make-answer.ts'
import { getDecisionCommand, layOutAnyQuestion } from '../question-text.ts'
import { readTextFile } from '../read-json-file.ts'
import { resolveRunId } from '../run-ref.ts'
import { canAsk, type CommonFlags } from '../settings.ts'
import { clean, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200

const SEE_ALL = 'See what waits: ./ropewalk inbox'

export type QuestionFlags = CommonFlags & {
  readonly run?: string
  readonly project?: string
  readonly all?: boolean
}

const listQuestions = async (api: Api, flags: QuestionFlags): Promise<readonly AnyQuestionView[]> => {
  const run = flags.run === undefined ? undefined : await resolveRunId(api, flags.run)
  const project = flags.project === undefined ? undefined : await resolveProjectId(api, flags.project)
  const status = flags.all === true ? undefined : 'open'
  return Array.fromAsync(
    listAll((cursor) => api.listQuestions({ limit: PAGE, cursor, run, project, status })),
  )
}

/** Questions that wait for a person; with `--all` also those that were decided. */
export const questions = (terminal: Terminal, flags: QuestionFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const items = await listQuestions(api, flags)
    if (flags.json === true) {
      terminal.out(JSON.stringify({ items }))
      return EXIT.ok
    }
    if (items.length === 0) terminal.say('No question waits for you.')
    for (const question of items) {
      const owner = question.owner === 'run' ? `run ${question.runId}` : `project ${question.projectId}`
      terminal.out(`${getQuestionRef(question.id)}  ${question.id}  ${question.status}  ${owner}`)
      terminal.out(
        layOutAnyQuestion({ paint: terminal.paintOut, columns: terminal.stdout.columns }, question).slice(1),
      )
      if (question.answer !== null)
        terminal.out(`    decided by ${question.decidedBy ?? 'nobody'}: ${clean(question.answer)}`)
      else if (question.status === 'open') terminal.out(`    ${getDecisionCommand(question)}`)
    }
    return EXIT.ok
  })

export type AnswerFlags = CommonFlags & {
  readonly change?: boolean
  readonly choice?: string
  readonly text?: string
  readonly file?: string
  readonly set?: readonly string[]
}

const readGiven = async (
  terminal: Terminal,
  words: readonly string[],
  flags: AnswerFlags,
): Promise<GivenAnswer> => {
  const { file, choice, text, set } = flags
  const document =
    file === undefined
      ? undefined
      : file === '-'
        ? await readStream(terminal.stdin)
        : readTextFile(terminal.cwd, file)
  return { words, text, choice, set, document }
}

/** What was given as a decision; what an approval is told by choice or words is a vote. */
const toDecision = (question: AnyQuestionView, given: GivenAnswer): Decision => {
  if (question.kind !== 'approval') return { type: 'answer', body: makeAnswer(question, given) }
  const said = given.choice ?? given.text ?? given.document ?? given.words.join(' ')
  const vote = parseVote(said)
  if (vote === undefined) throw refuseVote(said)
  return { type: 'vote', ...vote }
}

const refuseEmpty = (question: string) =>
  makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: 'no answer was given',
    why: `the question ${question} stays open until there is one, or its default is taken`,
    next: `./ropewalk answer ${question} --text "…" (or --choice, --set field=value, --file); ./ropewalk questions shows it`,
  })

const sayNext = (terminal: Terminal, question: AnyQuestionView, isOwn: boolean): void => {
  if (!isOwn) return
  terminal.say(
    question.owner === 'run'
      ? `No server is running; go on with: ./ropewalk runs resume ${question.runId}`
      : `No server is running; go on with: ./ropewalk project resume ${question.projectId}`,
  )
}

type Answering = {
  readonly terminal: Terminal
  readonly api: Api
  readonly flags: AnswerFlags
  readonly isOwn: boolean
}

const send = async (of: Answering, question: AnyQuestionView, decision: Decision): Promise<void> => {
  const { terminal, api, flags } = of
  const told = await withNext(SEE_ALL, () => sendDecision(api, question.id, decision, flags.change))
  if (flags.json === true) {
    terminal.out(JSON.stringify(told))
    return
  }
  const stale = Array.isArray(told['stale']) ? told['stale'].length : 0
  terminal.say(
    told['reopened'] === true ? 'Answered; what was built upon the old answer is done again.' : 'Answered.',
  )
  if (stale > 0 && question.owner === 'project')
    terminal.say(
      `${stale} item${stale === 1 ? ' was' : 's were'} begun or done without it: ./ropewalk backlog tree ${question.projectId}`,
    )
}

/** One question after the other at the terminal; whoever leaves one open goes on to the next. */
const askAll = async (of: Answering): Promise<number> => {
  const open = await listQuestions(of.api, {})
  if (open.length === 0) of.terminal.say('No question waits for you.')
  for (const question of open) {
    const decision = await askDecision(of.terminal, question)
    if (decision !== undefined) await send(of, question, decision)
  }
  const [last] = open
  if (last !== undefined) sayNext(of.terminal, last, of.isOwn)
  return EXIT.ok
}

/**
 * Answers a question of a run or a project, or votes upon an approval. Without an answer it asks at a terminal;
 * without a question it goes through all that wait, or lists them where nobody can be asked.
 */
export const answer = async (
  terminal: Terminal,
  of: { readonly question: string | undefined; readonly words: readonly string[] },
  flags: AnswerFlags,
): Promise<number> => {
  const { question: reference, words } = of
  const mayAsk = canAsk(terminal, flags)
  const given = await readGiven(terminal, words, flags)
  if (reference === undefined) {
    if (!mayAsk) return questions(terminal, flags)
    return withApi(terminal, flags, (api, _config, isOwn) => askAll({ terminal, api, flags, isOwn }))
  }
  if (!isGiven(given) && !mayAsk) throw refuseEmpty(reference)
  return withApi(terminal, flags, async (api, _config, isOwn) => {
    const questionId = await resolveQuestionId(api, reference)
    const question = await withNext(SEE_ALL, () => api.readQuestion(questionId))
    const decision = isGiven(given) ? toDecision(question, given) : await askDecision(terminal, question)
    if (decision === undefined) {
      terminal.say('It stays open.')
      return EXIT.ok
    }
    await send({ terminal, api, flags, isOwn }, question, decision)
    sayNext(terminal, question, isOwn)
    return EXIT.ok
  })
}

export type ApproveFlags = CommonFlags & {
  readonly reject?: boolean
  readonly why?: string
  /** Another word for `why`, as the API has it. */
  readonly notes?: string
}

/** The approval that is meant: by its own id, or as the one that an item waits for. Throws NOT_FOUND. */
const findApproval = async (api: Api, reference: string): Promise<AnyQuestionView> => {
  const part = reference.replace(/^q-/iu, '').toLowerCase()
  const open = (await listQuestions(api, {})).filter(({ kind }) => kind === 'approval')
  const isMeant = (id: string) => filterIds(part, [id]).length > 0
  const own = open.filter(({ id }) => isMeant(id))
  const found =
    own.length > 0
      ? own
      : open.filter((each) => each.owner === 'project' && each.itemIds.some((itemId) => isMeant(itemId)))
  const [only] = found
  if (only !== undefined && found.length === 1 && part.length >= 4) return only
  throw makeTrouble({
    code: 'NOT_FOUND',
    what: `no single approval is meant by ${JSON.stringify(reference.slice(0, 60))}`,
    why:
      found.length > 1
        ? `it may be ${found
            .slice(0, 3)
            .map(({ id }) => getQuestionRef(id))
            .join(', ')}`
        : 'no approval of that id, or of an item with that id, is open',
    next: 'See what waits: ./ropewalk inbox',
    exit: EXIT.failure,
  })
}

/** A vote cannot be changed: what one person has said already is for others to go on with. */
const vote = async (
  api: Api,
  questionId: string,
  said: { readonly approved: boolean; readonly notes: string },
): Promise<Record<string, unknown>> => {
  try {
    return await withNext(SEE_ALL, () => sendDecision(api, questionId, { type: 'vote', ...said }))
  } catch (error) {
    if (!hasCode(error, 'ALREADY_DECIDED')) throw error
    const details = { ...error.details, next: 'A vote stays. See what still waits: ./ropewalk inbox' }
    throw new RopewalkError('ALREADY_DECIDED', error.message, { details, cause: error })
  }
}

/** Says yes or no where persons are asked for leave. */
export const approve = async (
  terminal: Terminal,
  reference: string,
  flags: ApproveFlags,
): Promise<number> => {
  const notes = (flags.why ?? flags.notes ?? '').trim()
  const isRejected = flags.reject === true
  if (isRejected && notes === '') {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'a rejection wants a reason',
      why: 'whoever did the work has to know what to do differently',
      next: `./ropewalk approve ${reference} --reject --why "…"`,
    })
  }
  return withApi(terminal, flags, async (api, _config, isOwn) => {
    const question = await findApproval(api, reference)
    const told = await vote(api, question.id, { approved: !isRejected, notes })
    if (flags.json === true) terminal.out(JSON.stringify(told))
    else {
      const isDecided = told['decided'] !== false
      const word = isRejected ? 'Rejected' : 'Approved'
      terminal.say(isDecided ? `${word}.` : `${word}; more persons have to say so before it is decided.`)
    }
    sayNext(terminal, question, isOwn)
    return EXIT.ok
  })
}
