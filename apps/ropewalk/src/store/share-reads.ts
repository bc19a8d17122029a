type UnderWay<O> = { readonly running: Promise<O>; next: Promise<O> | undefined }

/**
 * Makes reads of the same thing at the same moment one: whoever asks while one is under way is given the next, with
 * all others who ask by then, so that an answer is never older than its question. Reads of other things go their own
 * way. What `read` throws, all who share it are told.
 */
export const makeSharedRead = <I, O>(of: {
  readonly getKey: (item: I) => string
  readonly read: (item: I) => Promise<O>
}): ((item: I) => Promise<O>) => {
  const underWay = new Map<string, UnderWay<O>>()
  const begin = (key: string, item: I): Promise<O> => {
    const one: UnderWay<O> = { running: of.read(item), next: undefined }
    underWay.set(key, one)
    const end = (): void => {
      if (one.next === undefined) underWay.delete(key)
    }
    one.running.then(end, end)
    return one.running
  }
  return (item) => {
    const key = of.getKey(item)
    const one = underWay.get(key)
    if (one === undefined) return begin(key, item)
    const beginNext = (): Promise<O> => begin(key, item)
    one.next ??= one.running.then(beginNext, beginNext)
    return one.next
  }
}
