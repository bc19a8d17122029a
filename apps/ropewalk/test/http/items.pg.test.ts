import { ItemsAdded, ItemTreeRow, ItemView } from '@ropewalk/core/contract/api/items'
import { CloudEvent } from '@ropewalk/core/contract/api/events'
import { makePage, makeSlice } from '@ropewalk/core/contract/api/paging'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  act,
  addItems,
  complete,
  readItem,
  readProject,
  startProject,
  startWithItem,
  takeWork,
} from './support/drive-backlog.ts'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { startApi, type TestApi } from './support/start-api.ts'

const NO_ID = '01890000-0000-7000-8000-000000000000'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
})

const list = async (path: string): Promise<readonly ItemView[]> =>
  expectAnswer(await api.ask(path), makePage(ItemView)).items

const titles = async (path: string): Promise<string[]> => (await list(path)).map(({ title }) => title)

const patch = (itemId: string, body: unknown, headers: Record<string, string> = {}) =>
  api.ask(`/v1/items/${itemId}`, { method: 'PATCH', body, headers })

describe('items are listed', () => {
  test('by each filter, and words are taken as they are written', async () => {
    const { projectId } = await startProject(api)
    await addItems(api, projectId, [
      { kind: 'story', title: '100% of it', labels: ['red'] },
      { title: 'A_B', description: 'Backslash \\ here', labels: ['red', 'blue'], capability: 'sewing' },
      { title: 'Last', dependsOn: [] },
    ])
    const at = `/v1/projects/${projectId}/items`
    expect(await titles(`${at}?kind=story`)).toEqual(['100% of it'])
    expect(await titles(`${at}?label=red`)).toEqual(['100% of it', 'A_B'])
    expect(await titles(`${at}?capability=sewing`)).toEqual(['A_B'])
    expect(await titles(`${at}?text=${encodeURIComponent('0%')}`)).toEqual(['100% of it'])
    expect(await titles(`${at}?text=_b`)).toEqual(['A_B'])
    expect(await titles(`${at}?text=${encodeURIComponent('\\ HERE')}`)).toEqual(['A_B'])
    expect(await titles(`${at}?status=ready`)).toEqual(['100% of it', 'A_B', 'Last'])
    expect(await titles(`${at}?status=done`)).toEqual([])
    expect(await titles(`/v1/items?project=${projectId}&label=blue`)).toEqual(['A_B'])
  })

  test('in pages without gap or repetition, the tree parents first', async () => {
    const { projectId } = await startProject(api)
    const [epic] = await addItems(api, projectId, [{ kind: 'epic', title: 'Epic' }])
    for (let n = 0; n < 3; n += 1)
      await addItems(api, projectId, [
        { key: 'f', kind: 'feature', title: `F${n}`, parent: epic ?? null },
        { title: `T${n}.1`, parent: 'f' },
        { title: `T${n}.2`, parent: 'f' },
      ])
    const seen: string[] = []
    let cursor = ''
    do {
      const page = expectAnswer(
        await api.ask(`/v1/projects/${projectId}/tree?limit=3${cursor}`),
        makePage(ItemTreeRow),
      )
      seen.push(...page.items.map(({ title, depth }) => `${depth} ${title}`))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    expect(seen).toEqual(['0 Epic', ...[0, 1, 2].flatMap((n) => [`1 F${n}`, `2 T${n}.1`, `2 T${n}.2`])])
    expect(await titles(`/v1/projects/${projectId}/items?parent=${epic ?? ''}`)).toEqual(['F0', 'F1', 'F2'])
    expect(await titles(`/v1/projects/${projectId}/items?parent=none`)).toEqual(['Epic'])
  })

  test('of all projects too', async () => {
    const { itemId } = await startWithItem(api, { title: 'Somewhere', labels: ['everywhere'] })
    const found = await list('/v1/items?label=everywhere')
    expect(found.map(({ id }) => id)).toEqual([itemId])
  })
})

describe('an item is changed', () => {
  test('in what is named alone', async () => {
    const { itemId } = await startWithItem(api, { title: 'Before', priority: 1, labels: ['kept'] })
    expectAnswer(await patch(itemId, { title: 'After' }), CommandAnswer)
    expect(await readItem(api, itemId)).toMatchObject({ title: 'After', priority: 1, labels: ['kept'] })
  })

  test('only in the version that was read, where that is asked for', async () => {
    const { itemId } = await startWithItem(api)
    const first = await api.ask(`/v1/items/${itemId}`)
    const etag = first.headers.get('etag') ?? ''
    expectAnswer(await patch(itemId, { title: 'Mine' }, { 'if-match': etag }), CommandAnswer)
    expectProblem(await patch(itemId, { title: 'Theirs' }, { 'if-match': etag }), 409, 'VERSION_CONFLICT')
    expectAnswer(await patch(itemId, { title: 'Any' }, { 'if-match': '*' }), CommandAnswer)
    for (const wrong of ['3', '"x"', 'W/"1"', '"0"', '"1", "2"'])
      expectProblem(await patch(itemId, { title: 'x' }, { 'if-match': wrong }), 400, 'INVALID_ARGUMENT')
  })

  test('once for one idempotency key', async () => {
    const { itemId } = await startWithItem(api)
    const headers = { 'idempotency-key': 'patch-1' }
    const first = expectAnswer(await patch(itemId, { title: 'Once' }, headers), CommandAnswer)
    expect(expectAnswer(await patch(itemId, { title: 'Once' }, headers), CommandAnswer)).toEqual(first)
  })

  test('not without a change, nor in what it is not up to', async () => {
    const { itemId } = await startWithItem(api)
    for (const body of [{}, { status: 'done' }, { priority: 9 }, { kind: 'saga' }])
      expectProblem(await patch(itemId, body), 400, 'INVALID_ARGUMENT')
  })
})

describe('the shape of a backlog', () => {
  test('refuses a circle as it is made, naming it, and goes on without it', async () => {
    const { projectId } = await startProject(api)
    const [a = '', b = '', c = ''] = await addItems(api, projectId, [
      { title: 'Ann' },
      { title: 'Bob' },
      { title: 'Cid' },
    ])
    expectAnswer(await act(api, b, 'dependencies', { dependsOnId: a }), CommandAnswer)
    expectAnswer(await act(api, c, 'dependencies', { dependsOnId: b }), CommandAnswer)
    const problem = expectProblem(await act(api, a, 'dependencies', { dependsOnId: c }), 409)
    for (const title of ['Ann', 'Bob', 'Cid']) expect(problem.detail).toContain(title)
    const whole = await readItem(api, b)
    expect(whole.dependsOn.map(({ title }) => title)).toEqual(['Ann'])
    expect(whole.dependents.map(({ title }) => title)).toEqual(['Cid'])
    expect(whole.status).toBe('blocked')
    const away = await api.ask(`/v1/items/${b}/dependencies/${a}`, { method: 'DELETE' })
    expectAnswer(away, CommandAnswer)
    expect(await readItem(api, b)).toMatchObject({ status: 'ready', dependsOn: [] })
  })

  test('moves and splits items', async () => {
    const { projectId } = await startProject(api)
    const [feature = '', task = ''] = await addItems(api, projectId, [
      { kind: 'feature', title: 'Feature' },
      { kind: 'story', title: 'Story' },
    ])
    expectAnswer(await act(api, task, 'move', { parentId: feature }), CommandAnswer)
    expect((await readItem(api, task)).ancestors.map(({ title }) => title)).toEqual(['Feature'])
    const into = [
      { kind: 'task', title: 'Left' },
      { kind: 'task', title: 'Right' },
    ]
    expectAnswer(await act(api, task, 'split', { into }), CommandAnswer)
    const pieces = await list(`/v1/projects/${projectId}/items?parent=${task}`)
    expect(pieces.map(({ title, provenance }) => [title, provenance.source])).toEqual([
      ['Left', 'split'],
      ['Right', 'split'],
    ])
    expectProblem(await act(api, feature, 'move', { parentId: task }), 409)
  })

  test('keeps the history of what was deleted', async () => {
    const { projectId, itemId } = await startWithItem(api, { title: 'Gone' })
    const path = `/v1/items/${itemId}?reason=not%20needed`
    expectAnswer(await api.ask(path, { method: 'DELETE' }), CommandAnswer)
    expect(await titles(`/v1/projects/${projectId}/items`)).toEqual([])
    const whole = await readItem(api, itemId)
    expect(whole.isDeleted).toBe(true)
    expect(whole.history.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['BACKLOG.ITEM_CREATED', 'BACKLOG.ITEM_DELETED']),
    )
    const { items } = expectAnswer(
      await api.ask(`/v1/items/${itemId}/history?limit=1`),
      makeSlice(CloudEvent),
    )
    expect(items.map(({ type }) => type)).toEqual(['BACKLOG.ITEM_CREATED'])
  })
})

describe('an item is told', () => {
  test('to stand still and to go on', async () => {
    const { itemId } = await startWithItem(api, { capability: 'x' })
    expectAnswer(await act(api, itemId, 'block', { reason: 'The printer is broken.' }), CommandAnswer)
    expect(await readItem(api, itemId)).toMatchObject({
      status: 'blocked',
      isHeld: true,
      blockedReason: 'The printer is broken.',
    })
    expectProblem(await act(api, itemId, 'dispatch'), 409, 'CONFLICT')
    expectAnswer(await act(api, itemId, 'unblock'), CommandAnswer)
    expect(await readItem(api, itemId)).toMatchObject({ status: 'ready', isHeld: false })
  })

  test('to end, and then nothing more', async () => {
    const { projectId } = await startProject(api)
    const [one = ''] = await addItems(api, projectId, [{ title: 'One' }, { title: 'Two' }])
    expectAnswer(await act(api, one, 'cancel', { reason: 'Not needed.' }), CommandAnswer)
    expect(await readItem(api, one)).toMatchObject({ status: 'cancelled' })
    for (const [verb, body] of [
      ['retry', {}],
      ['block', { reason: 'x' }],
      [
        'split',
        {
          into: [
            { kind: 'task', title: 'a' },
            { kind: 'task', title: 'b' },
          ],
        },
      ],
      ['dispatch', {}],
    ] as const)
      expectProblem(await act(api, one, verb, body), 409)
  })

  test('not what cannot be, and nothing of one that is not there', async () => {
    const { itemId } = await startWithItem(api)
    expectProblem(await act(api, itemId, 'dispatch'), 409, 'CONFLICT')
    expectProblem(await act(api, itemId, 'retry'), 409)
    for (const [verb, body] of [
      ['retry', {}],
      ['block', { reason: 'x' }],
      ['move', { parentId: null }],
      ['dispatch', {}],
    ] as const)
      expectProblem(await act(api, NO_ID, verb, body), 404, 'NOT_FOUND')
  })
})

test('approvals take as many persons as their quorum, each once', async () => {
  const { projectId } = await startProject(api, { clarification: 'human' })
  const [itemId = ''] = await addItems(api, projectId, [{ capability: 'asking', approvals: 1 }])
  expectAnswer(await complete(api, await takeWork(api, itemId, 'asking')), CommandAnswer)
  expect(await readItem(api, itemId)).toMatchObject({ status: 'in_review' })
  const [asked] = (await readProject(api, projectId)).questions
  expect(asked).toMatchObject({ kind: 'approval', quorum: 1 })
  const at = `/v1/approvals/${asked?.id ?? ''}`
  expectProblem(await api.ask(`/v1/questions/${asked?.id ?? ''}/answer`, { body: { answer: 'yes' } }), 409)
  expectAnswer(await api.ask(at, { body: { approved: true } }), CommandAnswer)
  expect(await readItem(api, itemId)).toMatchObject({ status: 'done' })
  expectProblem(await api.ask(at, { body: { approved: true } }), 409)
})

describe('an import', () => {
  const YAML = `
- key: top
  kind: feature
  title: From a file
- kind: task
  title: Below it
  parent: top
`
  test('of a document makes its items, and of the same one nothing more', async () => {
    const { projectId } = await startProject(api)
    const at = `/v1/projects/${projectId}/import`
    const body = { format: 'yaml', content: YAML }
    expect(expectAnswer(await api.ask(at, { body }), ItemsAdded).itemIds).toHaveLength(2)
    expect(expectAnswer(await api.ask(at, { body }), ItemsAdded).itemIds).toEqual([])
    const json = { format: 'json', content: JSON.stringify({ items: [{ kind: 'task', title: 'By JSON' }] }) }
    expect(expectAnswer(await api.ask(at, { body: json }), ItemsAdded).itemIds).toHaveLength(1)
    const items = await list(`/v1/projects/${projectId}/items`)
    expect(items.map(({ title, provenance }) => [title, provenance.source])).toEqual([
      ['From a file', 'import'],
      ['Below it', 'import'],
      ['By JSON', 'import'],
    ])
  })

  test('that runs twice at once makes its items once', async () => {
    const { projectId } = await startProject(api)
    const body = { format: 'yaml', content: YAML }
    const both = await Promise.all([1, 2].map(() => api.ask(`/v1/projects/${projectId}/import`, { body })))
    for (const answered of both) expectAnswer(answered, ItemsAdded)
    expect(await list(`/v1/projects/${projectId}/items`)).toHaveLength(2)
  })

  test.each([
    ['what is no YAML', 'yaml', 'a: [1, 2'],
    ['what is no JSON', 'json', '{'],
    ['aliases, which may grow without end', 'yaml', 'a: &a [x]\nb: *a'],
    ['depth without end', 'yaml', '['.repeat(20_000)],
    ['depth without end in JSON', 'json', '['.repeat(20_000)],
    ['nothing', 'yaml', '~'],
    ['an empty list', 'json', '[]'],
    ['a key that nobody knows', 'json', '[{"kind":"task","title":"x","nope":1}]'],
    ['a kind that nobody knows', 'yaml', '- kind: saga\n  title: x'],
    ['a number for a title', 'yaml', '- kind: task\n  title: 5'],
    ['NUL in a title', 'json', '[{"kind":"task","title":"a\\u0000"}]'],
    ['a key __proto__', 'json', '[{"kind":"task","title":"x","__proto__":{"y":1}}]'],
    ['tags', 'yaml', '!!js/function "x"'],
  ])('refuses %s', async (_what, format, content) => {
    const { projectId } = await startProject(api)
    const answered = await api.ask(`/v1/projects/${projectId}/import`, { body: { format, content } })
    expectProblem(answered, 400, 'INVALID_ARGUMENT')
  })

  test('of a run that is not there finds nothing', async () => {
    const { projectId } = await startProject(api)
    const at = `/v1/projects/${projectId}/import`
    expectProblem(await api.ask(at, { body: { run: NO_ID } }), 404, 'NOT_FOUND')
    expectProblem(await api.ask(at, { body: { run: NO_ID, format: 'json', content: '[]' } }), 400)
  })
})

test('the tree is the same page by page, whatever their size', async () => {
  const { projectId } = await startProject(api)
  const items = ['a', 'b', 'c'].flatMap((epic) => [
    { key: epic, kind: 'epic' as const, title: epic },
    ...[1, 2, 3].flatMap((of) => [
      { key: `${epic}${of}`, parent: epic, kind: 'story' as const, title: `${epic}${of}` },
      ...(of === 2
        ? []
        : [
            { parent: `${epic}${of}`, title: `${epic}${of}x` },
            { parent: `${epic}${of}`, title: `${epic}${of}y` },
          ]),
    ]),
  ])
  // The last first, so that the order of making is not the order of the tree.
  await addItems(api, projectId, items.toReversed())
  type Tree = { items: { title: string; depth: number }[]; nextCursor: string | null }
  const read = async (limit: number): Promise<string[]> => {
    const titles: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const after: string = cursor === '' ? '' : `&cursor=${cursor}`
      const page = (await api.ask(`/v1/projects/${projectId}/tree?limit=${limit}${after}`)).json as Tree
      titles.push(...page.items.map(({ title, depth }) => `${'.'.repeat(depth)}${title}`))
      cursor = page.nextCursor
    }
    return titles
  }
  const whole = await read(200)
  expect(whole).toHaveLength(24)
  expect(whole.slice(0, 4)).toEqual(['c', '.c3', '..c3y', '..c3x'])
  for (const limit of [1, 2, 3, 5, 7, 23]) expect(await read(limit), `pages of ${limit}`).toEqual(whole)
})
