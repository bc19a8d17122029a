import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addItems, startProject, takeWork } from '../http/support/drive-backlog.ts'
import { expectAnswer } from '../http/support/drive.ts'
import type { TestApi } from '../http/support/start-api.ts'
import { connectHttp, ERAS, issueToken, readProblem, startMcpApi, type Person } from './support/clients.ts'

let api: TestApi
let lead: string

beforeAll(async () => {
  api = await startMcpApi()
  lead = await issueToken(api, { agentId: 'lead', role: 'coordinator' })
})

afterAll(async () => {
  await api.stop()
})

const FORM = {
  type: 'object',
  properties: {
    periodType: { type: 'string', title: 'Period', enum: ['day', 'week'] },
    copies: { type: 'integer', minimum: 1, maximum: 9 },
  },
  required: ['periodType', 'copies'],
  additionalProperties: false,
}

/** A question that is open; gives its id. */
const askQuestion = async (form: typeof FORM | null): Promise<string> => {
  const { projectId } = await startProject(api, { clarification: 'human', name: 'Invoices' })
  const [item = ''] = await addItems(api, projectId, [
    { title: 'Asks', capability: `asks-${projectId.slice(-8)}` },
  ])
  const { order, token } = await takeWork(api, item, `asks-${projectId.slice(-8)}`)
  const question = {
    text: 'By day or by week?',
    fields: ['periodType'],
    form,
    defaultAnswer: 'By week.',
    defaultValues: form === null ? {} : { periodType: 'week', copies: 1 },
    impact: 'All sums hang on it.',
    risk: 'high',
    policy: 'wait',
  }
  const body = { reason: 'It is not said.', missingFields: ['periodType'], questions: [question] }
  expectAnswer(await api.ask(`/v1/work/${order.id}/clarify`, { body, token }), CommandAnswer)
  const list = await api.ask(`/v1/questions?project=${projectId}&status=open`)
  return (
    z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) }).parse(list.json).items[0]?.id ?? ''
  )
}

const Question = z.looseObject({
  question: z.looseObject({ status: z.string(), answer: z.string().nullable(), values: z.unknown() }),
})

describe.each(ERAS)('a question for the person at the client, %s', (era) => {
  const connect = (person?: Person) =>
    connectHttp(api, { token: lead, era, ...(person === undefined ? {} : { person }) })

  test('is shown as a form, and what they say answers it', async () => {
    const question_id = await askQuestion(FORM)
    const shown: Parameters<Person>[0][] = []
    const { ask, close } = await connect((asked) => {
      shown.push(asked)
      return { action: 'accept', content: { periodType: 'day', copies: 2 } }
    })
    expect(await ask('answer_question', { question_id })).toMatchObject({ question_id })
    expect(shown).toHaveLength(1)
    expect(shown[0]?.message).toContain('By day or by week?')
    expect(shown[0]?.fields.toSorted()).toEqual(['answer', 'copies', 'periodType'])
    const { question } = Question.parse(await ask('read_question', { question_id }))
    expect(question).toMatchObject({
      answer: 'periodType: day; copies: 2',
      values: { periodType: 'day', copies: 2 },
    })
    await close()
  })

  test('without a form is answered in words', async () => {
    const question_id = await askQuestion(null)
    const { ask, close } = await connect(() => ({ action: 'accept', content: { answer: 'By day.' } }))
    await ask('answer_question', { question_id })
    expect(Question.parse(await ask('read_question', { question_id })).question.answer).toBe('By day.')
    await close()
  })

  test('stays open when they decline', async () => {
    const question_id = await askQuestion(null)
    const { ask, call, close } = await connect(() => ({ action: 'decline' }))
    expect(readProblem(await call('answer_question', { question_id }))).toMatchObject({
      code: 'CONFLICT',
      details: { reason: 'NOT_ANSWERED' },
    })
    expect(Question.parse(await ask('read_question', { question_id })).question.status).toBe('open')
    await close()
  })

  test('cannot be put by a client that has no forms: it is told to pass the answer', async () => {
    const question_id = await askQuestion(null)
    const { ask, call, close } = await connect()
    expect(readProblem(await call('answer_question', { question_id }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { reason: 'NO_ELICITATION' },
    })
    await ask('answer_question', { question_id, answer: 'By day.' })
    expect(Question.parse(await ask('read_question', { question_id })).question.answer).toBe('By day.')
    await close()
  })
})
