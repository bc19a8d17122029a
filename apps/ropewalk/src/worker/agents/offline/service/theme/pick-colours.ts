import type { DesignSystem, StyleGuide } from '@ropewalk/core/contract/documents/aesthetic'
import { getContrast, parseColour } from '@ropewalk/guards/text/colour'

/** The names of the colour tokens that the page uses for each purpose. */
export type Palette = {
  readonly text: string
  readonly background: string
  readonly surface: string
  readonly muted: string
  readonly action: string
  readonly onAction: string
  readonly link: string
  readonly border: string
  readonly focus: string
  readonly danger: string
}

/** WCAG 2.2: text (1.4.3), and parts of controls that have to be seen (1.4.11). */
const TEXT_CONTRAST = 4.5
const PART_CONTRAST = 3

/** All colours that have a name, the design system's before the style guide's. */
export const listColours = (guide: StyleGuide, system: DesignSystem): ReadonlyMap<string, string> =>
  new Map([
    ...guide.colors.map(({ name, value }) => [name, value] as const),
    ...system.tokens
      .filter(({ kind, value }) => kind === 'color' && parseColour(value) !== undefined)
      .map(({ name, value }) => [name, value] as const),
  ])

const makeMeasure =
  (colours: ReadonlyMap<string, string>) =>
  (a: string, b: string): number => {
    const [one, other] = [parseColour(colours.get(a) ?? ''), parseColour(colours.get(b) ?? '')]
    return one === undefined || other === undefined ? 1 : getContrast(one, other)
  }

/** The first whose name speaks of the purpose, else the first. */
const pickNamed = <T>(items: readonly T[], getName: (item: T) => string, pattern: RegExp): T | undefined =>
  items.find((item) => pattern.test(getName(item)))

/**
 * Colours for each part of the page, from what the documents allow on each other; names only break ties, and
 * every choice has the contrast its part needs. Undefined where no two colours can be read on each other.
 */
export const pickColours = (guide: StyleGuide, system: DesignSystem): Palette | undefined => {
  const colours = listColours(guide, system)
  const measure = makeMeasure(colours)
  const names = [...colours.keys()]
  const all = names.flatMap((foreground) => names.map((background) => ({ foreground, background })))
  const told = guide.pairs.filter(({ is_large_text: isLarge }) => !isLarge)
  const pairs = [...told, ...all].filter((pair) => measure(pair.foreground, pair.background) >= TEXT_CONTRAST)
  const body =
    pairs.find(
      ({ foreground, background }) =>
        /text|ink|body|fore/u.test(foreground) && /background|bg|canvas|page|paper|base/u.test(background),
    ) ??
    pairs.toSorted((a, b) => measure(b.foreground, b.background) - measure(a.foreground, a.background))[0]
  if (body === undefined) return undefined
  const { foreground: text, background } = body
  const surface =
    pairs.find((pair) => pair.foreground === text && /surface|card|panel|raised/u.test(pair.background))
      ?.background ?? background
  const isSeen = (name: string, least: number) =>
    measure(name, background) >= least && measure(name, surface) >= least
  const pick = (pattern: RegExp, least: number): string =>
    names.find((name) => pattern.test(name) && isSeen(name, least)) ?? text
  const action = pickNamed(
    pairs.filter((pair) => isSeen(pair.background, PART_CONTRAST)),
    (pair) => pair.background,
    /primary|accent|action|brand|button/u,
  ) ?? { foreground: background, background: text }
  return {
    text,
    background,
    surface,
    muted: pick(/muted|secondary|subtle|hint|quiet/u, TEXT_CONTRAST),
    action: action.background,
    onAction: action.foreground,
    link: isSeen(action.background, TEXT_CONTRAST) ? action.background : text,
    border: pick(/border|line|divider|outline/u, PART_CONTRAST),
    focus: pick(/focus|ring/u, PART_CONTRAST),
    danger: pick(/danger|error|alert|critical|negative|warning/u, TEXT_CONTRAST),
  }
}
