/** Edits (insert, remove, replace, swap of neighbours) that turn one word into the other. */
const getDistance = (a: string, b: string): number => {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The known word that was probably meant, or undefined where none is near. */
export const findNearest = (word: string, known: Iterable<string>): string | undefined => {
  const ranked = [...known]
    .map((each) => ({ each, distance: getDistance(word.toLowerCase(), each.toLowerCase()) }))
    .filter(
      ({ each, distance }) => distance <= Math.max(1, Math.floor(Math.max(word.length, each.length) / 3)),
    )
    .toSorted((a, b) => a.distance - b.distance)
  return ranked[0]?.each
}

/** `Did you mean prd?` or, where nothing is near, the alternative given. */
export const suggest = (word: string, known: Iterable<string>, otherwise: string): string => {
  const nearest = findNearest(word, known)
  return nearest === undefined ? otherwise : `Did you mean ${nearest}?`
}
