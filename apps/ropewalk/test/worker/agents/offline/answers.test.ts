import { describe, expect, it } from 'vitest'
import { parseIdea } from '../../../../src/worker/agents/offline/parse-idea.ts'
import { listOpenPoints } from '../../../../src/worker/agents/offline/questions.ts'
import { runOfflineCoder } from '../../../../src/worker/agents/offline/run-offline-coder.ts'
import { runOfflineModel } from '../../../../src/worker/agents/offline/run-offline-model.ts'
import { makeFolder, makeJob, readTree, specify, writeDocument, type JobOptions } from './support.ts'

const answerAll = async (
  idea: string,
  answers: readonly string[],
  decidedBy = 'ann',
): Promise<NonNullable<JobOptions['answers']>> => {
  const { questions } = await writeDocument('Clarifications', { idea })
  return answers.map((answer, index) => ({
    questionId: `00000000-0000-7000-8000-00000000000${String(index)}` as never,
    question: questions[index]?.text ?? '',
    answer,
    decidedBy,
  }))
}

describe('questions', () => {
  it('are picks from a few answers where few make sense, and each pick makes another design', () => {
    const ideas = ['a link shortener', 'a poll app', 'a booking app', 'a stock list', 'a feedback board']
    for (const idea of ideas) {
      const parsed = parseIdea(idea)
      for (const { form, defaultAnswer, apply } of listOpenPoints(parsed)) {
        const choices = form?.properties['choice']?.enum?.map(String) ?? []
        expect(choices, idea).toContain(defaultAnswer)
        const made = choices.map((choice) => JSON.stringify(apply(choice, parsed.design)))
        expect(new Set(made).size, `${idea}: ${choices.join(' | ')}`).toBe(choices.length)
      }
    }
    expect(listOpenPoints(parseIdea('a list of chores'))[0]).not.toHaveProperty('form')
  })

  it('stand in the document and in the result alike, each with a default and what hangs on it', async () => {
    const result = await runOfflineModel(makeJob({ idea: 'a poll app', output: 'Clarifications' }))
    const { questions } = await writeDocument('Clarifications', { idea: 'a poll app' })
    expect(result.questions).toMatchObject(
      questions.map(
        ({ text, category, priority, decision_impact: decisionImpact, default: defaultAnswer }) => ({
          text,
          category,
          priority,
          decisionImpact,
          defaultAnswer,
          risk: 'medium',
          defaultValues: { choice: defaultAnswer },
        }),
      ),
    )
    expect(questions.map(({ text }) => text)).toEqual([
      'May one person vote more than once in one of the polls?',
      'Is there one shared list of polls, or a list of polls for each person?',
    ])
  })

  it('depend on the idea, and leave out what it says', async () => {
    const { questions } = await writeDocument('Clarifications', {
      idea: 'a todo list with an owner for each task',
    })
    expect(questions.map(({ text }) => text)).toEqual([
      expect.stringContaining('Which steps does a task pass through'),
    ])
  })

  it('that nobody or the policy decided become assumptions; those that a person answered do not', async () => {
    const idea = 'a poll app'
    const unanswered = await specify(idea)
    expect(unanswered.IdeaSpec.assumptions.map(({ cites }) => cites[0])).toEqual(
      expect.arrayContaining(['Clarifications#/questions/0', 'Clarifications#/questions/1']),
    )
    const byPolicy = await specify(
      idea,
      await answerAll(idea, ['No, one vote per voter name', 'One shared list'], 'policy'),
    )
    expect(byPolicy.IdeaSpec.assumptions).toEqual(unanswered.IdeaSpec.assumptions)
    const byPerson = await specify(idea, await answerAll(idea, ['No', 'One shared list']))
    expect(
      byPerson.IdeaSpec.assumptions.filter(({ cites }) => cites[0]?.startsWith('Clarifications')),
    ).toEqual([])
  })
})

describe('answers change what is built', () => {
  it.each([
    [
      'an invoice app',
      ['draft, checked, sent, paid', 'shared'],
      'src/status.js',
      "['draft', 'checked', 'sent', 'paid']",
    ],
    ['an invoice app', ['none', 'one for each person'], 'src/owner.js', 'entry.owner === owner'],
    ['habits', ['planned > active > kept', 'shared'], 'src/status.js', "['planned', 'active', 'kept']"],
    ['a link shortener', ['the code it already has', 'shared'], 'src/redirect.js', 'findSame'],
    ['an inventory', ['yes', 'shared'], 'test/features.test.js', '.quantity, -1)'],
    ['a feedback board', ['1 to 10', 'shared'], 'src/fields.js', 'max: 10'],
    ['notes', ['5000', 'shared'], 'src/fields.js', 'max: 5000'],
  ])('%s: %j', async (idea, given, path, expected) => {
    const documents = await specify(idea, await answerAll(idea, given))
    const dir = await makeFolder()
    await runOfflineCoder(makeJob({ idea, output: 'SourceCode', documents, dir }))
    expect((await readTree(dir))[path]).toContain(expected)
  })

  it('and "none" takes the status away', async () => {
    const idea = 'an invoice app'
    const { PRD } = await specify(idea, await answerAll(idea, ['none', 'shared']))
    expect(JSON.stringify(PRD)).not.toContain('/status')
  })

  it('and an answer to somebody else’s question is kept in words', async () => {
    const answers = [
      { questionId: 'x' as never, question: 'Which colour?', answer: 'Green', decidedBy: 'ann' },
    ]
    const { IdeaSpec } = await specify('notes', answers)
    expect(IdeaSpec.assumptions.at(-1)?.text).toBe('It was answered to "Which colour?": Green')
  })
})
