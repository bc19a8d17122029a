import type { DesignSystem } from '@ropewalk/core/contract/documents/aesthetic'
import type { Design } from './write-style.ts'

type Token = DesignSystem['tokens'][number]

/** Lengths, fonts and widths of the page: the tokens of the design system where it has some for a purpose. */
export type Sizes = {
  readonly tiny: string
  readonly small: string
  readonly medium: string
  readonly large: string
  readonly smallRadius: string
  readonly largeRadius: string
  readonly shadow: string
  readonly font: string
  readonly widths: { readonly narrow: number; readonly medium: number; readonly wide: number }
}

const PX_PER_REM = 16

/** A length in pixels; undefined for what is none, or depends on something else. */
const getPixels = (value: string): number | undefined => {
  const [, figure, unit] = /^(\d+(?:\.\d+)?)(px|rem|em)$/u.exec(value.trim()) ?? []
  if (figure === undefined) return undefined
  return unit === 'px' ? Number(figure) : Number(figure) * PX_PER_REM
}

type Length = { readonly name: string; readonly pixels: number }

const listLengths = (tokens: readonly Token[], kind: Token['kind']): Length[] =>
  tokens
    .flatMap(({ name, kind: own, value }) => {
      const pixels = own === kind ? getPixels(value) : undefined
      return pixels === undefined ? [] : [{ name, pixels }]
    })
    .toSorted((a, b) => a.pixels - b.pixels)

/** The token nearest to a length, if it is not more than twice or less than half of it. */
const pickNear = (lengths: readonly Length[], pixels: number): string => {
  const near = lengths
    .filter((each) => each.pixels >= pixels / 2 && each.pixels <= pixels * 2)
    .toSorted((a, b) => Math.abs(a.pixels - pixels) - Math.abs(b.pixels - pixels))[0]
  return near === undefined ? `${String(pixels / PX_PER_REM)}rem` : `var(--${near.name})`
}

const pickWidth = ({ breakpoints }: DesignSystem, wanted: number): number =>
  breakpoints
    .map(({ min_width_px: width }) => width)
    .filter((width) => Math.abs(width - wanted) <= wanted / 4)
    .toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0] ?? wanted

export const pickSizes = ({ system }: Design): Sizes => {
  const { tokens } = system
  const space = listLengths(tokens, 'space')
  const radius = listLengths(tokens, 'radius')
  const shadow = tokens.find(({ kind }) => kind === 'shadow')
  const font = tokens.find(({ kind, name }) => kind === 'font' && !/mono|code/u.test(name))
  return {
    tiny: pickNear(space, 8),
    small: pickNear(space, 16),
    medium: pickNear(space, 24),
    large: pickNear(space, 40),
    smallRadius: pickNear(radius, 4),
    largeRadius: pickNear(radius, 10),
    shadow: shadow === undefined ? 'none' : `var(--${shadow.name})`,
    font: font === undefined ? 'var(--page-font)' : `var(--${font.name})`,
    widths: {
      narrow: pickWidth(system, 360),
      medium: pickWidth(system, 768),
      wide: pickWidth(system, 1280),
    },
  }
}

const EASINGS = /^(?:linear|ease|ease-in|ease-out|ease-in-out|cubic-bezier\([\d\s.,-]{3,40}\))$/u

/** How long a control takes to change: by its token, else by the motion that speaks of colours or controls. */
export const pickMotion = ({
  system,
  motion,
}: Design): { readonly duration: string; readonly easing: string } => {
  const find = (kind: Token['kind']) => system.tokens.find((token) => token.kind === kind)
  const [duration, easing] = [find('duration'), find('easing')]
  const own =
    motion.motions.find(({ property }) => /colou?r|background|border/iu.test(property)) ?? motion.motions[0]
  return {
    duration: duration === undefined ? `${String(own?.duration_ms ?? 0)}ms` : `var(--${duration.name})`,
    easing:
      easing === undefined
        ? EASINGS.test(own?.easing ?? '')
          ? (own?.easing ?? 'ease')
          : 'ease'
        : `var(--${easing.name})`,
  }
}
