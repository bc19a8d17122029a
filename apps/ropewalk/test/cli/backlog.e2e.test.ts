import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { InboxEntry } from '@ropewalk/core/contract/api/inbox'
import type { ItemDetail, ItemView } from '@ropewalk/core/contract/api/items'
import type { ProjectDetail, ReportView } from '@ropewalk/core/contract/api/projects'
import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import { getQuestionRef, getShortId } from '@ropewalk/core/short-id'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeApi, type Api } from '../../src/cli/api.ts'
import { readApiToken } from '../../src/cli/home.ts'
import { makeProgramHome, type Ended, type ProgramHome, type Started } from '../support/program.ts'
import { noteSeenEvents } from '../support/seen-events.ts'

let at: ProgramHome
let server: Started

const MINUTES = [30, 45, 15, 60, 30, 20]
const CSV = [
  'Task,Category,Minutes',
  ...MINUTES.map(
    (minutes, index) => `${index % 2 === 0 ? 'Resend an invoice' : `Call ${index}`},Mail,${minutes}`,
  ),
].join('\n')
const REQUEST = 'reduce the time the team loses on invoices by 20 % within 12 weeks'

beforeAll(async () => {
  at = await makeProgramHome('short')
  writeFileSync(path.join(at.folder, 'work.csv'), `${CSV}\n`)
  server = at.start(['up', '--json'])
  await vi.waitUntil(() => server.getStdout().includes('\n'), { timeout: 60_000 })
})

afterAll(() => at.remove())

const expectOk = (ended: Ended): Ended => {
  expect(ended.exit, ended.stderr).toBe(0)
  return ended
}

const readJson = async <T>(args: readonly string[]): Promise<T> =>
  JSON.parse(expectOk(await at.run([...args, '--json'])).stdout) as T

/** What only has to be known is read without a process of its own. */
const getApi = (): Api => {
  const { url } = JSON.parse(server.getStdout().split('\n')[0] ?? '') as { url: string }
  return makeApi({ url, token: readApiToken(at.home) })
}

const readInbox = async (): Promise<readonly InboxEntry[]> => (await getApi().listInbox({})).items

const readNewest = async (): Promise<ProjectDetail> => {
  const [newest] = (await getApi().listProjects({ limit: 1 })).items
  return getApi().readProject(newest?.id ?? '')
}

const waitUntil = (isThere: () => Promise<boolean>): Promise<boolean> =>
  vi.waitUntil(isThere, { timeout: 40_000, interval: 250 })

describe('a project at the command line', () => {
  const file = (name: string) => ['--file', path.join(at.folder, name)]

  test('begins with a table, asks, is answered, and ends in a report that adds up', async () => {
    const started = expectOk(await at.run(['project', 'start', REQUEST, ...file('work.csv'), '--detach']))
    expect(started.stderr).toContain('work.csv: 6 rows')
    const projectId = started.stdout.trim()

    const waiting = await at.run(['inbox', '--exit-code'])
    expect(waiting.exit).toBe(6)
    const entries = await readInbox()
    expect(entries.length).toBeGreaterThan(0)
    for (const { questionId } of entries)
      expect(waiting.stdout).toContain(`./ropewalk answer ${getQuestionRef(questionId ?? '')}`)

    const shown = expectOk(await at.run(['project', 'status', getShortId(projectId)]))
    expect(shown.stdout).toContain('waits for a person')

    const { questions } = await readJson<ProjectDetail>(['project', 'status', projectId])
    const [question] = questions
    const ref = getQuestionRef(question?.id ?? '')
    const [field = ''] = Object.keys(question?.form?.properties ?? {})
    const wrong = await at.run(['answer', ref, '--set', `${field}=-1`])
    expect(wrong).toMatchObject({ exit: 64, stdout: '' })
    expect(wrong.stderr).toContain(`${field}: expected`)
    for (const { id } of questions)
      expectOk(await at.run(['answer', getQuestionRef(id), '--choice', 'default']))
    const again = await at.run(['answer', ref, '--choice', 'default'])
    expect(again.exit).toBe(1)
    expect(again.stderr).toContain('--change')
    await waitUntil(async () => (await readNewest()).status === 'completed')
    const report = await readJson<ReportView>(['project', 'report'])
    const total = MINUTES.reduce((sum, minutes) => sum + minutes, 0)
    expect(report.totals['totalMinutes']).toBe(total)
    const text = expectOk(await at.run(['project', 'report', '--markdown']))
    expect(text.stdout).toContain(`${total} minutes`)
    expect(expectOk(await at.run(['project', 'list'])).stdout).toContain('completed')
    expect(await at.run(['inbox', '--exit-code'])).toMatchObject({ exit: 0, stdout: '' })
  })

  test('tells what happened, by type and as NDJSON', async () => {
    const told = expectOk(
      await at.run(['events', 'tail', '--project', 'last', '--type', 'work.*', '--after', '0', '--json']),
    )
    const events = told.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as CloudEvent)
    noteSeenEvents(events)
    expect(events.length).toBeGreaterThan(7)
    expect(events.filter(({ type }) => !type.startsWith('WORK.'))).toEqual([])
    const newest = expectOk(await at.run(['events', 'tail', '--project', 'last', '--limit', '1']))
    expect(newest.stdout.trim().split('\n')).toHaveLength(1)
    const following = at.start(['events', 'tail', '--follow', '--limit', '1'])
    await vi.waitUntil(() => following.getStdout().includes('\n'), { timeout: 10_000 })
    following.child.kill('SIGINT')
    expect((await following.ended).exit).toBe(130)
  })

  test.each([
    [
      'a table that is none',
      ['project', 'start', 'x', '--detach', '--file', 'broken.xlsx'],
      64,
      'not a sound zip file',
    ],
    ['a project that is not there', ['project', 'status', 'ffffffff'], 1, './ropewalk project list'],
    ['an item that is not there', ['backlog', 'show', 'ffffffff'], 1, './ropewalk backlog list'],
    ['a question that is not there', ['answer', 'Q-ffffffff', 'yes'], 1, './ropewalk inbox'],
    ['an approval that is not there', ['approve', 'ffffffff'], 1, './ropewalk inbox'],
    ['a dead letter that is not there', ['dlq', 'show', 'ffffffff'], 1, './ropewalk dlq list'],
    ['a template that is not there', ['project', 'start', 'x', '--detach', '--template', 'nope'], 1, 'nope'],
    ['a second end', ['project', 'cancel', 'last'], 1, 'project'],
  ])('refuses %s, and says what to do', async (_name, args, exit, words) => {
    writeFileSync(path.join(at.folder, 'broken.xlsx'), 'PK\u0003\u0004 not really')
    const ended = await at.run(args)
    expect(ended, ended.stderr).toMatchObject({ exit, stdout: '' })
    expect(ended.stderr).toMatch(/^ropewalk: .+/u)
    expect(ended.stderr).toContain(words)
    expect(ended.stderr).toMatch(/ {2}next: .+/u)
  })
})

describe('a backlog at the command line', () => {
  const add = async (title: string, ...more: readonly string[]): Promise<string> =>
    expectOk(await at.run(['backlog', 'add', title, ...more])).stdout.trim()

  let epic: string
  let story: string
  let first: string
  let second: string

  const listTitles = async (): Promise<readonly string[]> =>
    (await getApi().listAllItems({ limit: 200 })).items.map(({ title }) => title)

  beforeAll(async () => {
    const start = ['project', 'start', 'Keep the shop open.', '--file', path.join(at.folder, 'work.csv')]
    const how = ['--template', 'none', '--manual', '--detach', '--clarification', 'human']
    expectOk(await at.run([...start, ...how]))
    epic = await add('The shop', '--kind', 'epic')
    story = await add('Opening hours', '--kind', 'feature', '--parent', epic, '--label', 'door')
    first = await add('Write the sign', '--parent', story, '--capability', 'generic', '--priority', '1')
    second = await add('Hang the sign', '--parent', story, '--depends-on', first)
  })

  test('grows a tree of items that wait for one another', async () => {
    const tree = expectOk(await at.run(['backlog', 'tree'])).stdout.split('\n')
    const [top = '', ...rest] = tree
    expect(top).toContain('The shop')
    expect(rest.join('\n')).toMatch(/^\w{8} {4}[·○] Opening hours/u)
    const labelled = await readJson<{ items: ItemView[] }>(['backlog', 'list', '--label', 'door'])
    expect(labelled.items.map(({ title }) => title)).toEqual(['Opening hours'])
    const shown = expectOk(await at.run(['backlog', 'show', getShortId(second)]))
    expect(shown.stdout).toMatch(/waits for\n.+Write the sign/u)
  })

  test('refuses circles, wrong places and wrong steps, naming them', async () => {
    const circle = await at.run(['backlog', 'depend', first, '--on', second])
    expect(circle.exit).toBe(1)
    expect(circle.stderr).toContain('Write the sign')
    expect(circle.stderr).toContain('Hang the sign')
    const under = await at.run(['backlog', 'move', epic, '--parent', story])
    expect(under.exit).not.toBe(0)
    expect(under.stderr).toContain('The shop')
    const retried = await at.run(['backlog', 'retry', first])
    expect(retried).toMatchObject({ exit: 1, stdout: '' })
    const given = await at.run(['backlog', 'dispatch', second])
    expect(given).toMatchObject({ exit: 1 })
    const stale = await at.run(['backlog', 'update', first, '--priority', '2', '--if-version', '999'])
    expect(stale.exit).toBe(1)
  })

  test('is changed, parked, split, imported and cut', async () => {
    expectOk(await at.run(['backlog', 'update', second, '--title', 'Hang it up', '--priority', '2']))
    expectOk(await at.run(['backlog', 'block', second, '--why', 'The wall is wet.']))
    expect((await readInbox()).some(({ kind }) => kind === 'blocked-item')).toBe(true)
    expectOk(await at.run(['backlog', 'unblock', second]))
    expectOk(await at.run(['backlog', 'depend', second, '--on', first, '--remove']))
    expectOk(await at.run(['backlog', 'depend', second, '--on', first]))
    expectOk(await at.run(['backlog', 'split', second, 'Drill', 'Screw']))
    const item = await readJson<ItemDetail>(['backlog', 'show', second])
    expect(item).toMatchObject({ title: 'Hang it up', priority: 2, kind: 'story' })
    const file = path.join(at.folder, 'items.yaml')
    writeFileSync(
      file,
      '- { kind: task, title: Buy screws, capability: generic }\n- { kind: task, title: Spare }\n',
    )
    const imported = await readJson<{ itemIds: string[] }>(['backlog', 'import', file])
    expect(imported.itemIds).toHaveLength(2)
    expect((await readJson<{ itemIds: string[] }>(['backlog', 'import', file])).itemIds).toEqual([])
    const [, spare = ''] = imported.itemIds
    expectOk(await at.run(['backlog', 'move', spare, '--parent', epic]))
    expectOk(await at.run(['backlog', 'delete', spare, '--why', 'Not needed.']))
    expect((await listTitles()).includes('Spare')).toBe(false)
    expect(await readJson<ItemDetail>(['backlog', 'show', spare])).toMatchObject({ isDeleted: true })
  })

  test('is done by workers and by people, with leave where it is asked', async () => {
    const asked = await add('Print the sign', '--capability', 'generic', '--approvals', '1')
    const given = expectOk(await at.run(['backlog', 'dispatch', '--ready']))
    expect(given.stderr).toContain('Print the sign')
    await waitUntil(async () => (await readInbox()).some(({ kind }) => kind === 'approval'))
    const rejected = await at.run(['approve', asked, '--reject'])
    expect(rejected.exit).toBe(64)
    expectOk(await at.run(['approve', getShortId(asked)]))
    await waitUntil(async () => (await getApi().readItem(asked)).status === 'done')
    await waitUntil(async () => (await getApi().readItem(first)).status === 'done')
    const { items } = await getApi().listAllItems({ limit: 200 })
    const [drill, screw] = ['Drill', 'Screw'].map((name) => items.find(({ title }) => title === name))
    const word = await at.run(['backlog', 'review', drill?.id ?? '', 'approve'])
    expect(word.exit).toBe(64)
    expectOk(await at.run(['backlog', 'review', drill?.id ?? '', 'approve', '--why', 'Two holes.']))
    const opening = await add('Open the door', '--approvals', '2')
    expectOk(await at.run(['backlog', 'review', opening, 'approve', '--why', 'It is open.']))
    expect(expectOk(await at.run(['approve', opening])).stderr).toContain('more persons')
    const again = await at.run(['approve', opening])
    expect(again).toMatchObject({ exit: 1, stderr: expect.stringContaining('A vote stays') })
    expectOk(await at.run(['backlog', 'cancel', opening, '--why', 'It is closed again.']))
    expectOk(await at.run(['backlog', 'cancel', screw?.id ?? '', '--why', 'Nails will do.']))
    await waitUntil(async () => (await readNewest()).status === 'completed')
  })
})

test('a project without items says so, and how to add one', async () => {
  const ended = await at.run(['project', 'start', 'prepare the move', '--template', 'none', '--no-input'])
  expect(ended.exit, ended.stderr).toBe(6)
  expect(ended.stderr).toMatch(/has no items yet: \.\/ropewalk backlog add "…" --project \w+/u)
  expectOk(await at.run(['project', 'cancel', 'last']))
})

test('without a server the work is done here, and a question ends it with what to do', async () => {
  server.child.kill('SIGTERM')
  if (server.child.exitCode === null) await once(server.child, 'close')
  const ended = await at.run([
    'project',
    'start',
    'invoice time audit: 20 % less within 12 weeks',
    '--template',
    'process-audit',
    '--file',
    path.join(at.folder, 'work.csv'),
    '--clarification',
    'human',
    '--param',
    'hourlyRate=40',
    '--param',
    'avoidablePercent=20',
    '--json',
    '--no-input',
  ])
  const lines = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; projectId: string; openQuestions: string[] })
  expect(ended.exit, ended.stderr).toBe(6)
  const result = lines.at(-1)
  expect(lines[0]).toMatchObject({ type: 'project', projectId: result?.projectId })
  expect(result).toMatchObject({ type: 'result', status: 'awaiting_input' })
  for (const id of result?.openQuestions ?? []) {
    expect(ended.stderr).toContain(`./ropewalk answer ${getQuestionRef(id)}`)
    const answered = expectOk(await at.run(['answer', id, '--choice', 'default']))
    expect(answered.stderr).toContain('./ropewalk project resume')
  }
  const done = await at.run(['project', 'resume', '--no-input'])
  expect(done.exit, done.stderr).toBe(0)
  expect(done.stdout).toContain('completed: 7 of 7 items done')
  expect(done.stderr).toContain('✓ Work out what it costs')
  expect(done.stderr).not.toContain('\u001b')
})
