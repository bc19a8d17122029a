import type { Page } from '../contract.ts'

/** Everything that a list pages through, in its order. For lists that end within reason: those of one project or run. */
export const listAll = async <T>(
  list: (page: { readonly limit: number; readonly cursor?: string | undefined }) => Promise<Page<T>>,
): Promise<T[]> => {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const page = await list({ limit: 200, cursor })
    all.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return all
}
