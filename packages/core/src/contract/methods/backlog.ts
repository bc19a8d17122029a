import { z } from 'zod'
import { ItemId, ProjectId } from '../../ids.ts'
import { text } from '../../text.ts'
import { ItemDetail, ItemView } from '../api/items.ts'
import { ProjectStatus, ProjectSummary } from '../api/projects.ts'
import { ItemKind, ItemStatus } from '../item.ts'
import { makeMethod } from './method.ts'
import { hint, page } from './shared.ts'

export const LIST_PROJECTS = makeMethod({
  name: 'list_projects',
  about: 'Lists projects, newest first, with how far each is.',
  permission: 'backlog:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ status: ProjectStatus.optional(), ...page, ...hint }),
  output: z.strictObject({ projects: z.array(ProjectSummary), next_cursor: z.string().nullable() }),
})

export const LIST_ITEMS = makeMethod({
  name: 'list_items',
  about:
    'Lists items of the backlog (epics, features, stories, tasks), of one project or of all, by status, kind, parent or words in the title.',
  permission: 'backlog:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({
    project_id: ProjectId.optional(),
    status: ItemStatus.optional(),
    kind: ItemKind.optional(),
    parent_id: ItemId.optional(),
    words: text(200, 1).optional(),
    ...page,
    ...hint,
  }),
  output: z.strictObject({ items: z.array(ItemView), next_cursor: z.string().nullable() }),
})

export const GET_ITEM = makeMethod({
  name: 'get_item',
  about:
    'Reads one item whole: what it waits for, its work, what was handed in, its questions and newest events.',
  permission: 'backlog:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ item_id: ItemId, ...hint }),
  output: z.strictObject({ item: ItemDetail }),
})
