import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import type { AddItemsRequest } from './contract.ts'

/** Adds items to a backlog. Answers `{ itemIds, keys, version }`. Throws NOT_FOUND, CONFLICT, INVALID_ARGUMENT. */
export const addItems = (
  engine: Pick<Engine, 'submit'>,
  request: AddItemsRequest,
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, projectId, items, source, of = null } = request
  return engine.submit({ type: 'AddItems', workspaceId, projectId, items: [...items], source, of }, options)
}
