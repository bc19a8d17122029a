import type { Parameters } from '@ropewalk/core/contract/item'
import { Name } from '@ropewalk/core/text'
import { EXIT, makeTrouble } from './trouble.ts'

/** A value as it was typed: a number or a truth where it reads as one, else the text. */
const readValue = (said: string): Parameters[string] => {
  if (said === 'true' || said === 'false') return said === 'true'
  // Not what a person writes as a name, such as 007 or 1e3: those stay text.
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$/u.test(said) ? Number(said) : said
}

/** Parameters from `name=value` words. Throws INVALID_ARGUMENT, naming the word that is none. */
export const readParameters = (pairs: readonly string[]): Parameters => {
  const parameters: Parameters = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, at)).trim()
    if (at < 1 || !Name.safeParse(name).success) {
      throw makeTrouble({
        code: 'INVALID_ARGUMENT',
        what: `${JSON.stringify(pair.slice(0, 60))} sets no parameter`,
        why: 'expected name=value, the name of letters, digits, dots, dashes and underscores',
        next: 'For example hourlyRate=40',
        exit: EXIT.usage,
      })
    }
    parameters[name] = readValue(pair.slice(at + 1).trim())
  }
  return parameters
}
