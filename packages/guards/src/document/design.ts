import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { getContrast, getHex, parseColour } from '../text/colour.ts'
import { fact, getShare, judgeChecks, limit, share, show, type Check } from './checks.ts'
import { listUsedColours, listVariables, readStyles, type Styles } from './style-sheets.ts'

/** Shares and breakpoints by row DX-P11; contrast of WCAG 2.2, level AA. */
const Settings = z.strictObject({
  min_contrast: z.number().min(1).max(21).default(4.5),
  min_contrast_large: z.number().min(1).max(21).default(3),
  min_breakpoints: z.int().min(0).max(10).default(3),
  /** Of the colours of the style guide that the design system keeps with their value. */
  min_brand: z.number().min(0).max(1).default(0.8),
  /** Of the places in the CSS that set a colour. */
  min_token_share: z.number().min(0).max(1).default(0.85),
  max_motion_ms: z.int().min(0).max(5000).default(500),
  min: z.number().min(0).max(1).default(0.85),
})
type Settings = z.infer<typeof Settings>
type Guide = DocumentOf<'StyleGuide'>
type System = DocumentOf<'DesignSystem'>
type Motion = DocumentOf<'MotionSpec'>

/** What part of a design a judgement looked at: its checks, and shares that cap the score. */
type Looked = { readonly checks: readonly Check[]; readonly shares: Readonly<Record<string, number>> }

const checkUnique = (place: string, names: readonly string[]): Check[] =>
  names.map((name, index) => {
    const first = names.indexOf(name)
    return limit(first === index, `${place}/${index}/name is ${name}, as is that of ${place}/${first}.`)
  })

const lookAtGuide = ({ colors, pairs }: Guide, settings: Settings): Looked => {
  const values = new Map(colors.map(({ name, value }) => [name, parseColour(value)]))
  const checks = pairs.flatMap(({ foreground, background, is_large_text: isLarge }, index) => {
    const at = `StyleGuide#/pairs/${index}`
    const [front, back] = [values.get(foreground), values.get(background)]
    if (front === undefined || back === undefined) {
      const absent = [foreground, background].filter((name) => values.get(name) === undefined)
      return [fact(false, `${at} names ${absent.join(' and ')}, which StyleGuide#/colors does not have.`)]
    }
    const contrast = getContrast(front, back)
    const least = isLarge ? settings.min_contrast_large : settings.min_contrast
    // Rounding up would let 4.496 pass for 4.5.
    const told = Math.floor(contrast * 100) / 100
    return [
      limit(
        contrast >= least,
        `${at}: ${foreground} ${getHex(front)} on ${background} ${getHex(back)} has a contrast of ${told}, expected at least ${show(least)}.`,
      ),
    ]
  })
  return {
    checks: [
      ...checkUnique(
        'StyleGuide#/colors',
        colors.map(({ name }) => name),
      ),
      ...checks,
    ],
    shares: {},
  }
}

const lookAtSystem = (
  { tokens, components, breakpoints }: System,
  guide: Guide | undefined,
  settings: Settings,
): Looked => {
  const colours = tokens.filter(({ kind }) => kind === 'color')
  const known = new Set(tokens.map(({ name }) => name))
  const kept = new Map(colours.map(({ name, value }) => [name, parseColour(value)]))
  const lost = (guide?.colors ?? []).filter(({ name, value }) => {
    const colour = kept.get(name)
    return colour === undefined || getHex(colour) !== value.toLowerCase()
  })
  const brand = getShare((guide?.colors.length ?? 0) - lost.length, guide?.colors.length ?? 0)
  const widths = new Set(breakpoints.map(({ min_width_px: width }) => width))
  const checks = [
    ...checkUnique(
      'DesignSystem#/tokens',
      tokens.map(({ name }) => name),
    ),
    ...tokens.map(({ name, kind, value }, index) =>
      limit(
        kind !== 'color' || kept.get(name) !== undefined,
        `DesignSystem#/tokens/${index}/value "${value}" is no colour.`,
      ),
    ),
    ...components.flatMap((component, index) =>
      component.tokens.map((name) =>
        fact(known.has(name), `DesignSystem#/components/${index}/tokens names ${name}, which is no token.`),
      ),
    ),
    limit(
      widths.size >= settings.min_breakpoints,
      `DesignSystem#/breakpoints has ${widths.size} different widths, expected at least ${settings.min_breakpoints}.`,
    ),
    limit(
      brand + 1e-9 >= settings.min_brand,
      `DesignSystem#/tokens keep ${show(brand)} of the colours of StyleGuide, expected ${show(settings.min_brand)}: not ${lost.map(({ name, value }) => `${name} ${value}`).join(', ')}.`,
    ),
  ]
  return { checks, shares: { brand } }
}

const REDUCES =
  /\b(?:no|none|off|instant|instantly|without|remove[sd]?|disable[sd]?|stop(?:s|ped)?|skip(?:s|ped)?|reduce[sd]?|replace[sd]?|shorten(?:s|ed)?|0 ?ms|opacity|fade)\b/iu
/** Moving these makes the browser lay the page out again at every step. */
const MOVES_LAYOUT = /^(?:width|height|top|right|bottom|left|margin|padding|font-size)(?:-|$)/iu

const lookAtMotion = ({ motions, reduced_motion: reduced }: Motion, settings: Settings): Looked => ({
  checks: [
    limit(
      REDUCES.test(reduced),
      `MotionSpec#/reduced_motion does not say what stops or gets less: "${reduced}".`,
    ),
    ...motions.flatMap(({ duration_ms: duration, property }, index) => [
      limit(
        duration <= settings.max_motion_ms,
        `MotionSpec#/motions/${index}/duration_ms is ${duration}, expected at most ${settings.max_motion_ms}.`,
      ),
      share(
        !MOVES_LAYOUT.test(property),
        `MotionSpec#/motions/${index}/property is ${property}, which moves the layout; use transform or opacity.`,
      ),
    ]),
  ],
  shares: {},
})

/** Colours by token name: the design system's, and the style guide's where it has none of that name. */
const getPalette = (guide: Guide | undefined, system: System | undefined): Map<string, string> =>
  new Map(
    [...(guide?.colors ?? []), ...(system?.tokens ?? []).filter(({ kind }) => kind === 'color')].flatMap(
      ({ name, value }) => {
        const colour = parseColour(value)
        return colour ? [[name, getHex(colour)] as const] : []
      },
    ),
  )

const MOVES = /^(?:transition|animation)(?:-(?:duration|name|property))?$/u
const STILL = /^(?:none|0m?s|initial|unset|inherit)$/iu

const checkVariables = (styles: Styles, palette: ReadonlyMap<string, string>): Check[] => {
  const defined = new Set(styles.declarations.map(({ property }) => property))
  const used = new Map(
    styles.declarations.flatMap((one) => listVariables(one).map((name) => [name, one.file] as const)),
  )
  return [
    ...[...used].map(([name, file]) =>
      limit(defined.has(name), `${file} uses var(${name}), which no style sheet defines.`),
    ),
    ...styles.declarations.flatMap(({ property, value, file }) => {
      const expected = palette.get(property.replace(/^--/u, ''))
      const colour = property.startsWith('--') ? parseColour(value) : undefined
      if (expected === undefined || colour === undefined) return []
      return [
        share(
          getHex(colour) === expected,
          `${file} defines ${property} as ${value}, but the design says ${expected}.`,
        ),
      ]
    }),
  ]
}

const lookAtStyles = (styles: Styles, palette: ReadonlyMap<string, string>, settings: Settings): Looked => {
  const used = listUsedColours(styles)
  const values = new Set(palette.values())
  const alien = used.filter(({ hex }) => hex === null || !values.has(hex))
  const tokens = getShare(used.length - alien.length, used.length)
  const told = [
    ...new Set(alien.map(({ file, property, hex }) => `${file}: ${property} ${hex ?? '(not sRGB)'}`)),
  ].slice(0, 10)
  const moves = styles.declarations.some(
    ({ property, value }) => MOVES.test(property) && !STILL.test(value.trim()),
  )
  const checks = [
    ...styles.unread.map((file) => limit(false, `${file} is too large to be checked.`)),
    limit(used.length > 0, 'The style sheets of the code set no colour at all.'),
    limit(
      tokens + 1e-9 >= settings.min_token_share,
      `${show(tokens)} of the colours in the CSS are tokens, expected ${show(settings.min_token_share)}; not ${told.join('; ')}.`,
    ),
    limit(
      !moves || /prefers-reduced-motion/u.test(styles.text),
      'The CSS moves things, but asks nowhere for prefers-reduced-motion.',
    ),
    ...checkVariables(styles, palette),
  ]
  return { checks, shares: { tokens } }
}

const lookAtCode = async (input: GuardInput, settings: Settings): Promise<Looked | undefined> => {
  if (input.worktree === null) return undefined
  const palette = getPalette(findDocument(input, 'StyleGuide'), findDocument(input, 'DesignSystem'))
  const styles = await readStyles(input.worktree.dir)
  if (styles.files.length + styles.unread.length > 0) return lookAtStyles(styles, palette, settings)
  // A program without pages has nothing to style.
  if (findDocument(input, 'RepoManifest')?.kind !== 'service') return undefined
  return {
    checks: [limit(false, 'The service has no style sheet: neither a CSS file nor a style element.')],
    shares: {},
  }
}

/** Contrast recomputed, tokens that exist and are used by the code's CSS, motion that can be turned down. */
export const guard = makeGuard({
  name: 'design',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const judged = new Set(input.judged.map(({ artifact }) => artifact.name))
    const guide = findDocument(input, 'StyleGuide')
    const system = judged.has('DesignSystem') ? findDocument(input, 'DesignSystem') : undefined
    const motion = judged.has('MotionSpec') ? findDocument(input, 'MotionSpec') : undefined
    if (guide === undefined && !system) return lacks('StyleGuide')
    const looked = [
      judged.has('StyleGuide') && guide ? lookAtGuide(guide, settings) : undefined,
      system ? lookAtSystem(system, guide, settings) : undefined,
      motion ? lookAtMotion(motion, settings) : undefined,
      await lookAtCode(input, settings),
    ].filter((one) => one !== undefined)
    const shares = Object.assign({}, ...looked.map((one) => one.shares)) as Record<string, number>
    const judgement = judgeChecks(
      looked.flatMap(({ checks }) => checks),
      settings.min,
      shares,
    )
    if (judgement.outcome !== 'pass') return judgement
    return { ...judgement, score: Math.min(judgement.score, ...Object.values(shares)) }
  },
})
