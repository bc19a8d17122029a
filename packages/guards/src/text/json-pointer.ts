/** One part of a JSON pointer as it is written. */
const escapePart = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1')

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const getMember = (value: unknown, part: string): { readonly value: unknown } | undefined => {
  if (Array.isArray(value)) {
    const index = /^(0|[1-9]\d{0,8})$/u.test(part) ? Number(part) : -1
    return index >= 0 && index < value.length ? { value: value[index] as unknown } : undefined
  }
  return isRecord(value) && Object.hasOwn(value, part) ? { value: value[part] } : undefined
}

/** The value a JSON pointer names, boxed, or undefined where there is none. Source: RFC 6901. */
export const findByPointer = (root: unknown, pointer: string): { readonly value: unknown } | undefined => {
  if (pointer === '') return { value: root }
  if (!pointer.startsWith('/')) return undefined
  let at: { readonly value: unknown } | undefined = { value: root }
  for (const part of pointer.slice(1).split('/')) {
    at = at && getMember(at.value, part.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  return at
}

export type Located = { readonly pointer: string; readonly value: unknown }

/** Every value of a JSON document with its pointer, parents first. */
export const listValues = (root: unknown, pointer = ''): Located[] => {
  const members: [string, unknown][] = Array.isArray(root)
    ? root.map((value: unknown, index) => [String(index), value])
    : isRecord(root)
      ? Object.entries(root)
      : []
  return [
    { pointer, value: root },
    ...members.flatMap(([key, value]) => listValues(value, `${pointer}/${escapePart(key)}`)),
  ]
}

/** The values that a pointer with `*` for any one member names, in document order. */
export const listByPattern = (root: unknown, pattern: string): Located[] => {
  let found: Located[] = [{ pointer: '', value: root }]
  for (const part of pattern.split('/').slice(1)) {
    found = found.flatMap(({ pointer, value }) => {
      if (part === '*') {
        const children = Array.isArray(value)
          ? [...value.keys()].map(String)
          : isRecord(value)
            ? Object.keys(value)
            : []
        return children.flatMap((key) => {
          const member = getMember(value, key)
          return member ? [{ pointer: `${pointer}/${escapePart(key)}`, value: member.value }] : []
        })
      }
      const member = getMember(value, part)
      return member ? [{ pointer: `${pointer}/${escapePart(part)}`, value: member.value }] : []
    })
  }
  return found
}

/**
 * What a pattern asks for, in document order: `*` is every member there is, any other part must be there.
 * The value is undefined where a part is not, and the pointer then ends with that part.
 */
export const listExpected = (root: unknown, pattern: string): Located[] => {
  const walk = (at: Located, parts: readonly string[]): Located[] => {
    const [part, ...rest] = parts
    if (part === undefined) return [at]
    if (part === '*')
      return listByPattern(at.value, '/*').flatMap((child) =>
        walk({ ...child, pointer: `${at.pointer}${child.pointer}` }, rest),
      )
    const member = getMember(at.value, part)
    const next = { pointer: `${at.pointer}/${escapePart(part)}`, value: member?.value }
    return member ? walk(next, rest) : [next]
  }
  return walk({ pointer: '', value: root }, pattern.split('/').slice(1))
}

/** Whether a value says nothing: blank text, an empty list or object, or null. */
export const isEmpty = (value: unknown): boolean => {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}
