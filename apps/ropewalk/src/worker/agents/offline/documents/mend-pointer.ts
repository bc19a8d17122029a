type Container = Record<string, unknown> | unknown[]

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

const getMember = (at: Container, part: string): unknown =>
  Array.isArray(at)
    ? at[/^\d+$/u.test(part) ? Number(part) : -1]
    : Object.hasOwn(at, part)
      ? at[part]
      : undefined

/** Where a pointer such as `/goals/0/text` leads: the thing that holds the last part, and the value there. */
export const findPlace = (
  root: Container,
  pointer: string,
): { readonly holder: Container; readonly key: string; readonly value: unknown } | undefined => {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const key = parts.pop()
  if (key === undefined) return undefined
  let holder: Container = root
  for (const part of parts) {
    const next = getMember(holder, part)
    if (!isContainer(next)) return undefined
    holder = next
  }
  const value = getMember(holder, key)
  return value === undefined ? undefined : { holder, key, value }
}

/** Puts another value where a pointer leads; undefined takes the place out. False where there is no such place. */
export const setPlace = (root: Container, pointer: string, value: unknown): boolean => {
  const place = findPlace(root, pointer)
  if (place === undefined) return false
  const { holder, key } = place
  if (Array.isArray(holder)) holder.splice(Number(key), 1, ...(value === undefined ? [] : [value]))
  else if (value === undefined) return false
  else holder[key] = value
  return true
}
