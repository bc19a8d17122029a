/** What no reader sees: with more or fewer of them a name looks the same. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Cc}/gu

/** What two spellings of a name have in common that a reader would take for the same; empty where nothing is seen. */
export const foldName = (name: string): string =>
  name
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .trim()
    .toLowerCase()

/**
 * The name under which something is known already, where one of `known` looks like it, else as it was said. Null
 * for a name of which nothing can be seen: it names nothing. So a space more makes no other finding, with which the
 * same one could be told for ever.
 */
export const findSaidName = (known: readonly string[], name: string | null): string | null => {
  if (name === null || known.includes(name)) return name
  const folded = foldName(name)
  return folded === '' ? null : (known.find((each) => foldName(each) === folded) ?? name)
}
