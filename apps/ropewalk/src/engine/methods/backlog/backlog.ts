import { GET_ITEM, LIST_ITEMS, LIST_PROJECTS } from '@ropewalk/core/contract/methods/backlog'
import { makeItemDetail, makeItemView, makeProjectSummary } from '../../views/backlog-view.ts'
import { defineMethod } from '../define-method.ts'

export const listProjects = defineMethod(LIST_PROJECTS, async ({ engine }, input, { caller }) => {
  const { status, limit, cursor } = input
  const page = await engine.listProjects(caller.workspaceId, { status, limit, cursor })
  return { projects: page.items.map(makeProjectSummary), next_cursor: page.nextCursor }
})

export const listItems = defineMethod(LIST_ITEMS, async ({ engine }, input, { caller }) => {
  const { workspaceId } = caller
  const { project_id: projectId, status, kind, parent_id: parent, words: text, limit, cursor } = input
  const filter = { projectId, status, kind, parent, text, limit, cursor }
  const page = await engine.listItems(workspaceId, filter)
  if (page.items.length === 0 && projectId !== undefined) await engine.readProject(workspaceId, projectId)
  return { items: page.items.map(makeItemView), next_cursor: page.nextCursor }
})

export const getItem = defineMethod(GET_ITEM, async ({ engine }, input, { caller }) => {
  const { workspaceId } = caller
  return { item: makeItemDetail(workspaceId, await engine.readItemWhole(workspaceId, input.item_id)) }
})
