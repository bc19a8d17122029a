import { getContrast, parseColour } from '@ropewalk/guards/text/colour'
import type { Mender } from './mender.ts'

const INKS = ['#1b1b1b', '#ffffff'] as const

const measure = (a: string, b: string): number => {
  const [one, other] = [parseColour(a), parseColour(b)]
  return one === undefined || other === undefined ? 1 : getContrast(one, other)
}

/** A colour that cannot be read on another becomes black or white, whichever can. */
export const mendContrast: Mender = ({ name, json }, reason) => {
  const [, foreground = '', background = ''] =
    /^StyleGuide#\/pairs\/\d+: (\S+) #[0-9a-f]{6} on \S+ (#[0-9a-f]{6}) has a contrast of /u.exec(reason) ??
    []
  const { colors } = json
  if (name !== 'StyleGuide' || !Array.isArray(colors)) return false
  const colour: unknown = colors.find(
    (each: unknown) =>
      typeof each === 'object' && each !== null && 'name' in each && each.name === foreground,
  )
  if (typeof colour !== 'object' || colour === null) return false
  const [best] = INKS.toSorted((a, b) => measure(b, background) - measure(a, background))
  return Reflect.set(colour, 'value', best)
}
