import { z } from 'zod'
import { Digest, Name, text } from '../../text.ts'
import { claim, claims, label, MEASURED, mustCite, repoPath } from './shared.ts'

/** A colour as CSS writes it, six hex digits, so that contrast can be computed. */
export const HexColor = z.string().regex(/^#[0-9a-fA-F]{6}$/u, 'expected a colour like #1a2b3c')

/** A custom property of CSS without its dashes: `color-text` is used as `var(--color-text)`. */
const tokenName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u, 'expected a token name like color-text')

export const StyleGuide = z.strictObject({
  summary: claim,
  name: label,
  voice: z.strictObject({ tone: claim, do: claims(15, 1), avoid: claims(15, 1), cites: mustCite }),
  colors: z
    .array(
      z.strictObject({
        name: tokenName,
        value: HexColor,
        use: claim,
      }),
    )
    .min(2)
    .max(40),
  pairs: z
    .array(
      z.strictObject({
        foreground: tokenName,
        background: tokenName,
        use: claim,
        is_large_text: z.boolean(),
      }),
    )
    .min(1)
    .max(40),
  typography: z.strictObject({
    font_stack: text(300, 1),
    mono_stack: text(300, 1).nullable(),
    base_px: z.number().min(8).max(40),
    line_height: z.number().min(1).max(3),
    scale: z.number().min(1).max(2),
  }),
  principles: z
    .array(z.strictObject({ text: claim, cites: mustCite }))
    .min(1)
    .max(15),
})
export type StyleGuide = z.infer<typeof StyleGuide>

export const DesignSystem = z.strictObject({
  summary: claim,
  tokens: z
    .array(
      z.strictObject({
        name: tokenName,
        kind: z.enum([
          'color',
          'space',
          'size',
          'radius',
          'font',
          'shadow',
          'duration',
          'easing',
          'breakpoint',
          'other',
        ]),
        value: text(200, 1),
        use: claim,
      }),
    )
    .min(1)
    .max(120),
  breakpoints: z
    .array(z.strictObject({ name: label, min_width_px: z.int().min(0).max(10_000), layout: claim }))
    .min(1)
    .max(10),
  components: z
    .array(
      z.strictObject({
        name: label,
        purpose: claim,
        tokens: z.array(tokenName).min(1).max(40),
        states: z.array(label).max(20),
        accessibility: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(60),
})
export type DesignSystem = z.infer<typeof DesignSystem>

export const MotionSpec = z.strictObject({
  summary: claim,
  reduced_motion: claim,
  motions: z
    .array(
      z.strictObject({
        name: label,
        trigger: claim,
        property: label,
        duration_ms: z.int().min(0).max(5000),
        easing: text(120, 1),
        purpose: claim,
        cites: mustCite,
      }),
    )
    .max(40),
})
export type MotionSpec = z.infer<typeof MotionSpec>

/** Pictures of the running service; `artifact` names the file kept beside, null where none could be taken. */
export const VisualAssets = z.strictObject({
  ...MEASURED,
  browser: text(80, 1).nullable(),
  before_revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/u)
    .nullable(),
  shots: z
    .array(
      z.strictObject({
        page: text(300, 1),
        moment: z.enum(['before', 'after']),
        width_px: z.int().min(1),
        height_px: z.int().min(1),
        artifact: Name,
        digest: Digest,
        overflow_px: z.int().min(0),
        console_errors: z.array(text(1000, 1)).max(50),
        missing_resources: z.array(text(1000, 1)).max(50),
      }),
    )
    .max(200),
  changes: z
    .array(
      z.strictObject({
        page: text(300, 1),
        width_px: z.int().min(1),
        changed_share: z.number().min(0).max(1),
      }),
    )
    .max(200)
    .default([]),
  stylesheets: z.array(repoPath).max(100).default([]),
})
export type VisualAssets = z.infer<typeof VisualAssets>
