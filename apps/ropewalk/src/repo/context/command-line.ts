/** What only a shell understands; a line with any of it is not one command. */
const SHELL = /[;&|<>$`(){}!#~\n\\]/u

/**
 * The words of a command line as an argv; undefined where only a shell could run it: operators, variables,
 * assignments before the command. Quotes group words. Wildcards stay as they stand.
 */
export const parseCommandLine = (line: string): [string, ...string[]] | undefined => {
  if (SHELL.test(line)) return undefined
  const words: string[] = []
  for (const [, double, single, plain] of line.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/gu))
    words.push(double ?? single ?? plain ?? '')
  const [first, ...rest] = words
  const isLeftOver = line.replaceAll(/"[^"]*"|'[^']*'/gu, '').match(/["']/u) !== null
  if (first === undefined || first === '' || first.includes('=') || isLeftOver) return undefined
  return [first, ...rest]
}

/** Whether a word stands for several files, which a shell would find and a program mostly does not. */
export const hasWildcard = (words: readonly string[]): boolean => words.some((word) => /[*?[\]]/u.test(word))
