/** A copy of a document with these places set; `undefined` takes a place away, `-` as last part appends. */
export const edit = <T>(document: T, changes: Readonly<Record<string, unknown>>): T => {
  const copy = structuredClone(document)
  for (const [pointer, value] of Object.entries(changes)) {
    const parts = pointer.split('/').slice(1)
    const last = parts.pop() ?? ''
    let at = copy as Record<string, unknown>
    for (const part of parts) at = at[part.replaceAll('~1', '/')] as Record<string, unknown>
    if (last === '-') (at as unknown as unknown[]).push(value)
    else if (value === undefined && Array.isArray(at)) at.splice(Number(last), 1)
    else if (value === undefined) Reflect.deleteProperty(at, last)
    else at[last] = value
  }
  return copy
}
