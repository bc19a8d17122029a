import { describe, expect, it } from 'vitest'
import { listDemandGoals } from '../../../../src/worker/agents/offline/demands.ts'
import { findFeature, listFeatures } from '../../../../src/worker/agents/offline/features/recognise.ts'
import { parseIdea } from '../../../../src/worker/agents/offline/parse-idea.ts'
import { readDesignOfSpec, writePrd } from '../../../../src/worker/agents/offline/documents/write-prd.ts'
import { writeIdeaSpec } from '../../../../src/worker/agents/offline/documents/write-idea-spec.ts'
import { readBlueprint } from '../../../../src/worker/agents/offline/service/blueprint.ts'
import { IDEAS } from './support.ts'

const read = (idea: string) => {
  const { design, title, users } = parseIdea(idea)
  return { title, users, path: design.noun.path, features: design.features }
}

describe('an idea is read for', () => {
  it.each([
    ['an invoice app for plumbers', 'Invoice register for plumbers', 'invoices'],
    ['a link shortener with click counts', 'Link shortener', 'links'],
    ['URL shortener', 'Link shortener', 'links'],
    ['habits', 'Habit tracker', 'habits'],
    ['a library of board games', 'Game tracker', 'games'],
    ['I want a really simple, fast app that keeps track of my books', 'Book tracker', 'books'],
    ['let people book meeting rooms', 'Booking calendar', 'bookings'],
    ['an app for teams to vote on lunch', 'Poll service for teams', 'polls'],
    ['eine Rechnungs-App für Klempner', 'Invoice register', 'invoices'],
    ['植物の水やりを記録するアプリ', 'Entry tracker', 'entries'],
    ['customer support tickets', 'Ticket list', 'tickets'],
    ['client directory', 'Client directory', 'clients'],
    ['search status total', 'Entry tracker', 'entries'],
  ])('its subject: %s', (idea, title, path) => {
    expect(read(idea)).toMatchObject({ title, path })
  })

  it.each([
    ['an invoice app for the plumbers of Ghent', 'the plumbers'],
    ['a wiki for our lab', 'the lab'],
    ['notes for a small fast team', 'a team'],
    ['an app for tracking runs', 'people who keep runs'],
    ['something that helps dentists manage appointments', 'dentists'],
  ])('its users: %s', (idea, users) => {
    expect(read(idea).users).toBe(users)
  })

  it('the features that its words ask for, and not those it rules out', () => {
    expect(read('a todo list with due dates, tags, owners and CSV export').features).toEqual(
      expect.arrayContaining(['overdue', 'tag', 'owner', 'export', 'status']),
    )
    const { features } = read('a todo list without tags, no export')
    expect(features).not.toContain('tag')
    expect(features).not.toContain('export')
  })

  it('what no rule understands, so that it is said and not dropped', () => {
    expect(parseIdea('a note app with moon phases, login and photos').demands.wishes).toEqual([
      'Sign-in with accounts and passwords ("login")',
      'Pictures, videos and other files ("photos")',
      'moon phases',
    ])
  })

  it('nothing slowly: 20,000 characters take less than half a second of a processor', () => {
    const before = process.threadCpuUsage()
    for (const unit of ['for a a a ', 'count count ', 'keep track of of ', '"\\', 'ﬀ́'])
      parseIdea(unit.repeat(20_000).slice(0, 20_000))
    expect(process.threadCpuUsage(before).user).toBeLessThan(500_000)
  })
})

describe('the language of the features', () => {
  it.each(
    Object.values(IDEAS).concat('a review board with ratings, totals, due dates, search, owners and tags'),
  )('is read back as it was written: %.40s', (idea) => {
    const parsed = parseIdea(idea)
    for (const feature of listFeatures(parsed.design))
      for (const text of [
        feature.goal(parsed.design),
        feature.title(parsed.design),
        feature.statement(parsed.design),
      ])
        expect(`${findFeature(text)?.name ?? 'none'}: ${text}`).toBe(`${feature.name}: ${text}`)
    const spec = writeIdeaSpec({ idea: parsed, clarifications: undefined, answers: [] })
    const design = readDesignOfSpec(spec, parseIdea('something else'))
    expect({ ...design, features: [...design.features].toSorted(), noun: null }).toEqual({
      ...parsed.design,
      features: [...parsed.design.features].toSorted(),
      noun: null,
    })
    const blueprint = readBlueprint(writePrd(spec, parsed), 'something else')
    expect(blueprint.gaps.length).toBe(listDemandGoals(parsed.demands).length)
    expect(blueprint.design.noun.path).toBe(parsed.design.noun.path)
    expect(blueprint.design.fields).toEqual(parsed.design.fields)
  })
})
