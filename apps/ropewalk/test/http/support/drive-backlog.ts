import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { AddItemsRequest } from '@ropewalk/core/contract/api/items'
import { ItemDetail, ItemsAdded } from '@ropewalk/core/contract/api/items'
import type { StartProjectRequest } from '@ropewalk/core/contract/api/projects'
import { ProjectDetail, ProjectStarted } from '@ropewalk/core/contract/api/projects'
import { ClaimedWorkList, type ClaimedWork } from '@ropewalk/core/contract/api/work'
import { UploadedRecords } from '@ropewalk/core/contract/api/uploads'
import type { Upload } from '@ropewalk/core/contract/item'
import type { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { expect } from 'vitest'
import type { z } from 'zod'
import { readPlaybook } from '../../../src/engine/playbook/read-playbook.ts'
import { expectAnswer } from './drive.ts'
import type { TestApi } from './start-api.ts'

const ROOT = path.resolve(import.meta.dirname, '../../../../..')

export const CSV = readFileSync(path.join(ROOT, 'examples/backlog/invoices.csv'))

/** Templates as they come with the program. */
export const listShippedTemplates = () =>
  readPlaybook({ base: path.join(ROOT, 'playbook'), project: null }).templates ?? []

export const uploadCsv = async (api: TestApi, csv: Uint8Array = CSV): Promise<Upload> => {
  const answered = await api.ask('/v1/uploads?name=invoices.csv', {
    raw: new Uint8Array(csv),
    headers: { 'content-type': 'text/csv' },
  })
  const { name, digest, recordsDigest, rows } = expectAnswer(answered, UploadedRecords)
  return { name, digest, recordsDigest, rows }
}

/** A project by hand: no template, given out by hand, nothing asked. */
export const startProject = async (
  api: TestApi,
  request: Partial<z.input<typeof StartProjectRequest>> = {},
): Promise<ProjectStarted> => {
  const body = {
    request: 'Count the open invoices until 2027-01-31.',
    template: null,
    clarification: 'autonomous',
    dispatch: 'manual',
    ...request,
  }
  return expectAnswer(await api.ask('/v1/projects', { body }), ProjectStarted, 202)
}

export const readProject = async (api: TestApi, projectId: string): Promise<ProjectDetail> =>
  expectAnswer(await api.ask(`/v1/projects/${projectId}`), ProjectDetail)

type Draft = z.input<typeof AddItemsRequest>['items'][number]

export const addItems = async (
  api: TestApi,
  projectId: string,
  items: readonly Partial<Draft>[],
): Promise<ItemsAdded['itemIds']> => {
  const body = { items: items.map((item) => ({ kind: 'task', title: 'A task', ...item })) }
  return expectAnswer(await api.ask(`/v1/projects/${projectId}/items`, { body }), ItemsAdded).itemIds
}

/** A project with one task in it, and the task's id. */
export const startWithItem = async (api: TestApi, item: Partial<Draft> = {}) => {
  const { projectId } = await startProject(api)
  const [itemId = ''] = await addItems(api, projectId, [item])
  return { projectId, itemId }
}

export const readItem = async (api: TestApi, itemId: string): Promise<ItemDetail> =>
  expectAnswer(await api.ask(`/v1/items/${itemId}`), ItemDetail)

/** Does something to an item; the answer as it came. */
export const act = (api: TestApi, itemId: string, verb: string, body: unknown = {}) =>
  api.ask(`/v1/items/${itemId}/${verb}`, { body })

/** Gives an item out and takes its task. */
export const takeWork = async (api: TestApi, itemId: string, capability: string): Promise<ClaimedWork> => {
  const given = await act(api, itemId, 'dispatch')
  expect(given.status, given.text).toBe(200)
  return claimWork(api, capability)
}

export const claimWork = async (api: TestApi, capability: string): Promise<ClaimedWork> => {
  const body = { worker: `outside-${capability}`, capabilities: [capability] }
  const { work } = expectAnswer(await api.ask('/v1/work/claim', { body }), ClaimedWorkList)
  const [taken] = work
  if (taken === undefined) throw new Error(`There is no work for ${capability}.`)
  return taken
}

export const makeBody = (rest: Partial<DeliverableBody> = {}): DeliverableBody => ({
  type: 'note',
  agent: 'outside',
  confidence: 0.8,
  simulated: false,
  facts: [],
  claims: [],
  content: { text: 'Seventeen invoices are open.' },
  ...rest,
})

export const EVIDENCE = [{ kind: 'source', statement: 'Read in the books.' }]

export const complete = (api: TestApi, { order, token }: ClaimedWork, body = makeBody()) =>
  api.ask(`/v1/work/${order.id}/complete`, {
    token,
    body: { deliverables: [{ name: 'Result', body }], evidence: EVIDENCE },
  })
