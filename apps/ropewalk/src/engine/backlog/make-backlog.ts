import type { Blobs } from '../../store/blobs.ts'
import type { Store } from '../../store/open.ts'
import type { Engine } from '../contract.ts'
import {
  listDeliverables,
  listPartialDeliverables,
  readDeliverable,
} from '../views/backlog/list-deliverables.ts'
import { listAllQuestions, readQuestion } from '../views/backlog/list-all-questions.ts'
import { listInbox } from '../views/backlog/list-inbox.ts'
import { listItems, listItemTree } from '../views/backlog/list-items.ts'
import { listProjects, readProject } from '../views/backlog/list-projects.ts'
import { listHolders, listWorkerViews } from '../views/backlog/list-workers.ts'
import { listItemEvents, readItem, readItemWhole } from '../views/backlog/read-item.ts'
import { readReport } from '../views/backlog/read-report.ts'
import { makeReadRows, readWork } from '../views/backlog/read-work.ts'
import { addItems } from './add-items.ts'
import { completeWork } from './complete-work.ts'
import type { BacklogEngine, BacklogUse, BacklogViews } from './contract.ts'
import { failWork, needClarification } from './end-work.ts'
import { publishReport } from './publish-report.ts'

/** A worker beats every 10 s and may once be late; who was silent for longer is not there. */
const ALIVE_MS = 15_000

const makeViews = (store: Store, blobs: Blobs): BacklogViews => ({
  listProjects: (workspaceId, page) => listProjects(store, workspaceId, page),
  readProject: (workspaceId, projectId) => readProject(store, { workspaceId, projectId }),
  listItems: (workspaceId, page) => listItems(store, workspaceId, page),
  listItemTree: (workspaceId, projectId, page) => listItemTree(store, { workspaceId, projectId }, page),
  readItem: (workspaceId, itemId) => readItem(store, { workspaceId, itemId }),
  readItemWhole: (workspaceId, itemId) => readItemWhole(store, { workspaceId, itemId }),
  listItemEvents: (workspaceId, itemId, request) => listItemEvents(store, { workspaceId, itemId }, request),
  listDeliverables: (workspaceId, page) => listDeliverables(store, workspaceId, page),
  listPartialDeliverables: (workspaceId, itemId, round) =>
    listPartialDeliverables(store, workspaceId, { itemId, round }),
  readDeliverable: (workspaceId, deliverableId) => readDeliverable(store, workspaceId, deliverableId),
  listAllQuestions: (workspaceId, page) => listAllQuestions(store, workspaceId, page),
  readQuestion: (workspaceId, questionId) => readQuestion(store, workspaceId, questionId),
  listInbox: (workspaceId, page) => listInbox(store, workspaceId, page),
  listWorkerViews: (workspaceId) => listWorkerViews(store, workspaceId, ALIVE_MS),
  listHolders: (workspaceId, itemIds) => listHolders(store, workspaceId, itemIds),
  readWork: (workspaceId, taskId) => readWork(store, workspaceId, taskId),
  readWorkRows: makeReadRows(blobs),
  readReport: (workspaceId, projectId) => readReport(store, blobs, { workspaceId, projectId }),
})

/** Backlogs as doors and doers see them: views, and what takes more than one command. */
export const makeBacklog = (of: {
  readonly store: Store
  readonly blobs: Blobs
  readonly submit: Engine['submit']
}): BacklogEngine => {
  const { store, blobs, submit } = of
  const views = makeViews(store, blobs)
  const engine = { ...views, blobs, submit }
  const use: BacklogUse = {
    addItems: (request, options) => addItems(engine, request, options),
    completeWork: (request, options = {}) => completeWork(engine, request, options),
    failWork: (request, options = {}) => failWork(engine, request, options),
    needClarification: (request, options = {}) => needClarification(engine, request, options),
    publishReport: (workspaceId, projectId) => publishReport(engine, { workspaceId, projectId }),
  }
  return { ...views, ...use }
}
