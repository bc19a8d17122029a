import { readFileSync } from 'node:fs'
import type { AnyQuestionView } from '@ropewalk/core/contract/api/questions'
import { expect } from 'vitest'
import { INVOICES, waitFor, type BacklogHouse } from './backlog-house.ts'

/** What a person answers when asked. The records stand for half a month in truth; a month is easier to add up. */
export const ANSWERS: Readonly<Record<string, string>> = {
  periodType: 'month',
  avoidablePercent: '30',
  targetPercent: '25',
  targetWeeks: '8',
}
const RATE = 40
/** Two rows name no duration. The records mark what was guessed: half an hour and two hours. */
const GUESSES: Readonly<Record<number, number>> = { 23: 30, 46: 120 }

/** The file added up by hand: minutes of each category. Takes nothing from the program. */
const addUp = (): ReadonlyMap<string, number> => {
  const minutes = new Map<string, number>()
  const lines = readFileSync(INVOICES, 'utf8').trim().split('\n')
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue
    const cells = line.replaceAll(/"[^"]*"/gu, 'text').split(',')
    const [, , , category = '', duration = ''] = cells
    const hours = Number(/([\d.]+) h/u.exec(duration)?.[1] ?? 0)
    const rest = Number(/(\d+) min/u.exec(duration)?.[1] ?? 0)
    const own = duration === '' ? (GUESSES[index + 1] ?? Number.NaN) : hours * 60 + rest
    minutes.set(category, (minutes.get(category) ?? 0) + own)
  }
  return minutes
}

type Body = {
  readonly content: { readonly categories?: readonly { readonly name: string; readonly minutes: number }[] }
}

/** The report's figures are those of the file, to the cent, and so are the minutes of each category. */
export const expectReport = async (house: BacklogHouse, projectId: string): Promise<void> => {
  const categories = addUp()
  const minutes = categories.values().reduce((sum, own) => sum + own, 0)
  const cost = (minutes / 60) * RATE
  const avoidable = Number(ANSWERS['avoidablePercent']) / 100
  const report = await house.get<{ totals: Record<string, number>; markdown: string }>(
    `/v1/projects/${projectId}/report`,
  )
  const expected = {
    totalMinutes: minutes,
    totalHours: minutes / 60,
    costPeriod: cost,
    costMonth: cost,
    costYear: cost * 12,
    recoveredHoursMonth: (minutes / 60) * avoidable,
    recoveredCostMonth: cost * avoidable,
    recoveredCostYear: cost * avoidable * 12,
  }
  for (const [name, value] of Object.entries(expected))
    expect([name, report.totals[name]]).toEqual([name, expect.closeTo(value, 6)])
  expect(report.markdown).toContain(cost.toFixed(2))

  const { items } = await house.get<{ items: readonly { id: string; type: string; simulated: boolean }[] }>(
    `/v1/projects/${projectId}/deliverables?status=current&limit=200`,
  )
  const waste = items.find(({ type }) => type === 'time_waste')
  const { content } = await house.get<Body>(`/v1/deliverables/${waste?.id ?? ''}/content`)
  const stated = new Map(content.categories?.map(({ name, minutes: own }) => [name, own]))
  expect(stated).toEqual(new Map(categories))
}

const listOpen = async (house: BacklogHouse, projectId: string): Promise<readonly AnyQuestionView[]> => {
  const page = await house.get<{ items: readonly AnyQuestionView[] }>(
    `/v1/questions?project=${projectId}&status=open&limit=200`,
  )
  return page.items
}

/** Answers what is open at the terminal, question by question; gives the ids. Waits until there is one. */
export const answerAll = async (house: BacklogHouse, projectId: string): Promise<readonly string[]> => {
  const open = await waitFor(async () => {
    const found = await listOpen(house, projectId)
    return found.length > 0 && found
  }, 'question that waits for a person')
  for (const question of open) {
    const fields = question.owner === 'project' ? question.fields : []
    const set = fields.flatMap((field) => ['--set', `${field}=${ANSWERS[field] ?? ''}`])
    const { exit, stdout, stderr } = await house.program.run(['answer', question.id, ...set, '--json'])
    expect([exit, stdout, stderr]).toEqual([0, expect.stringContaining('{'), expect.anything()])
  }
  return open.map(({ id }) => id)
}

/** Every item that holds no others was approved once, done once, and handed in once. */
export const expectEachOnce = async (
  house: BacklogHouse,
  projectId: string,
  count: number,
): Promise<void> => {
  const items = await house.listItems(projectId)
  const leaves = items.filter(({ children }) => Object.keys(children).length === 0)
  expect(leaves.map(({ title, status }) => [title, status])).toEqual(
    leaves.map(({ title }) => [title, 'done']),
  )
  expect(leaves).toHaveLength(count)
  for (const { children, status } of items) if (Object.keys(children).length > 0) expect(status).toBe('done')
  const events = await house.readEvents(projectId)
  const ids = leaves.map(({ id }) => id).toSorted()
  const listOf = (type: string, isMeant: (data: Readonly<Record<string, unknown>>) => boolean = () => true) =>
    events
      .filter((event) => event.type === type && isMeant(event.data))
      .map(({ data }) => String(data['itemId']))
      .toSorted()
  expect(listOf('WORK.ITEM_COMPLETED')).toEqual(ids)
  expect(listOf('WORK.ITEM_REVIEWED', ({ to, result }) => to === 'done' && result === 'approved')).toEqual(
    ids,
  )
  expect(listOf('DELIVERABLE.PUBLISHED', ({ status }) => status === 'current')).toEqual(ids)
  expect(listOf('REPORT.FINAL_PUBLISHED')).toHaveLength(1)
}
