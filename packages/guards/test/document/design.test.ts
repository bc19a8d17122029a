import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { getContrast, getHex, listColours, parseColour, type Colour } from '../../src/text/colour.ts'
import { listDeclarations, listStyleSheets } from '../../src/text/css.ts'
import { IDEA, makeCheckout, MANIFEST, PRD, runGuard } from '../support.ts'
import { edit } from './edit.ts'
import { DESIGN_SYSTEM, MOTION, STYLE, STYLE_GUIDE } from './given-release.ts'

type Changes = Readonly<Record<string, unknown>>

const SET = { StyleGuide: STYLE_GUIDE, DesignSystem: DESIGN_SYSTEM, MotionSpec: MOTION }
const PAGE = `export const page = \`<style>${STYLE}</style><p style="color: #1a1a1a">Hello</p>\``

const judge = (
  judged: Readonly<Record<string, unknown>>,
  files?: Readonly<Record<string, string>>,
  settings = {},
) =>
  runGuard('design', {
    judged: files === undefined ? judged : { ...judged, SourceCode: 'bundle' },
    others: { PRD, Idea: IDEA, RepoManifest: MANIFEST, StyleGuide: STYLE_GUIDE },
    ...(files && { dir: makeCheckout(files) }),
    settings,
  })

describe('design', () => {
  test('passes documents that agree, and code that keeps to them', async () => {
    expect(await judge(SET)).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    const found = await judge(SET, { 'public/style.css': STYLE, 'src/page.js': PAGE })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.metrics).toMatchObject({ brand: 1, tokens: 1 })
  })

  test.each<[string, Readonly<Record<string, unknown>>, RegExp, string]>([
    [
      'text that cannot be read',
      { StyleGuide: edit(STYLE_GUIDE, { '/colors/0/value': '#777777' }) },
      /pairs\/0: color-ink #777777 on color-paper #fffdf8 has a contrast of 4.\d+, expected at least 4.5/u,
      'major',
    ],
    [
      'a pair of nothing',
      { StyleGuide: edit(STYLE_GUIDE, { '/pairs/0/foreground': 'color-sky' }) },
      /pairs\/0 names color-sky, which StyleGuide#\/colors does not have/u,
      'critical',
    ],
    [
      'a colour twice',
      { StyleGuide: edit(STYLE_GUIDE, { '/colors/2/name': 'color-ink', '/pairs/1': undefined }) },
      /colors\/2\/name is color-ink/u,
      'major',
    ],
    [
      'a token that is no colour',
      {
        DesignSystem: edit(DESIGN_SYSTEM, {
          '/tokens/-': { name: 'color-x', kind: 'color', value: 'bright', use: 'x' },
        }),
      },
      /tokens\/4\/value "bright" is no colour/u,
      'major',
    ],
    [
      'a part of tokens that are not there',
      { DesignSystem: edit(DESIGN_SYSTEM, { '/components/0/tokens/-': 'shadow-9' }) },
      /components\/0\/tokens names shadow-9, which is no token/u,
      'critical',
    ],
    [
      'two widths',
      { DesignSystem: edit(DESIGN_SYSTEM, { '/breakpoints/2/min_width_px': 768 }) },
      /has 2 different widths, expected at least 3/u,
      'major',
    ],
    [
      'another brand',
      { DesignSystem: edit(DESIGN_SYSTEM, { '/tokens/2/value': '#ff0000' }) },
      /keep 0.666667 of the colours of StyleGuide, expected 0.8: not color-link #0b57d0/u,
      'major',
    ],
    [
      'slow motion',
      { MotionSpec: edit(MOTION, { '/motions/0/duration_ms': 900 }) },
      /motions\/0\/duration_ms is 900, expected at most 500/u,
      'major',
    ],
    [
      'motion for everybody',
      { MotionSpec: edit(MOTION, { '/reduced_motion': 'We honour the wish of the reader.' }) },
      /reduced_motion does not say what stops or gets less/u,
      'major',
    ],
  ])('fails %s', async (_what, changed, reason, severity) => {
    const found = await judge({ ...SET, ...changed })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('large text may have less contrast, and moving the layout costs', async () => {
    const guide = edit(STYLE_GUIDE, { '/colors/0/value': '#777777', '/pairs/0/is_large_text': true })
    const system = edit(DESIGN_SYSTEM, { '/tokens/0/value': '#777777' })
    const motion = edit(MOTION, { '/motions/0/property': 'height' } as Changes)
    const found = await judge({ StyleGuide: guide, DesignSystem: system, MotionSpec: motion }, undefined, {
      min: 1,
    })
    expect(found.reasons).toEqual([
      'MotionSpec#/motions/0/property is height, which moves the layout; use transform or opacity.',
    ])
  })

  test.each<[string, string, RegExp]>([
    [
      'colours of its own',
      `${STYLE} b { color: tomato; border: 1px solid #abcdef; outline-color: hsl(120 100% 25%); background: oklch(50% 0.1 20) }`,
      /of the colours in the CSS are tokens, expected 0.85; not style.css: color #ff6347; style.css: border #abcdef; style.css: outline-color #008000; style.css: background \(not sRGB\)/u,
    ],
    [
      'a variable of nobody',
      `${STYLE} b { color: var(--color-sky) }`,
      /style.css uses var\(--color-sky\), which no style sheet defines/u,
    ],
    [
      'motion that cannot be turned down',
      'b { color: #1a1a1a; animation: spin 1s }',
      /asks nowhere for prefers-reduced-motion/u,
    ],
    ['no colour at all', 'b { margin: 0 }', /set no colour at all/u],
  ])('fails code with %s', async (_what, css, reason) => {
    const found = await judge(SET, { 'style.css': css })
    expect(found).toMatchObject({ outcome: 'fail', severity: 'major' })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a token that the code defines otherwise costs, and lowers the share', async () => {
    const css = STYLE.replace('--color-link: rgb(11 87 208)', '--color-link: #00f')
    const found = await judge(SET, { 'style.css': css }, { min_token_share: 0.5, min: 0 })
    expect(found.reasons).toEqual(['style.css defines --color-link as #00f, but the design says #0b57d0.'])
    expect(found.metrics?.tokens).toBeCloseTo(4 / 6)
    expect(found.score).toBeCloseTo(4 / 6)
  })

  test('a style sheet that is too large to be read is no way around the check', async () => {
    const css = `${STYLE}${'b { color: tomato }\n'.repeat(30_000)}`
    expect((await judge(SET, { 'style.css': css })).reasons).toContain(
      'style.css is too large to be checked.',
    )
  })

  test('a service must have a style sheet, a tool need not', async () => {
    const files = { 'src/a.js': 'export {}', 'test/a.css': 'b { color: red }' }
    expect((await judge(SET, files)).reasons.join()).toMatch(/no style sheet/u)
    const tool = { ...SET, RepoManifest: { ...MANIFEST, kind: 'tool', start: null, port_env: null } }
    expect((await judge(tool, files)).outcome).toBe('pass')
  })

  test('ends as an error without a style guide', async () => {
    expect((await runGuard('design', { judged: { MotionSpec: MOTION } })).outcome).toBe('error')
  })
})

describe('colours', () => {
  const colour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)) as fc.Arbitrary<Colour>

  test.each([
    ['#000', '#fff', 21],
    ['#767676', '#ffffff', 4.54],
    ['#777777', 'white', 4.48],
    ['#0000ff', '#ffffff', 8.59],
    ['rgb(255, 0, 0)', '#fff', 4],
  ])('%s on %s has a contrast of %f', (front, back, expected) => {
    const [a, b] = [parseColour(front), parseColour(back)]
    expect(getContrast(a ?? [0, 0, 0], b ?? [0, 0, 0])).toBeCloseTo(expected, 2)
  })

  test('contrast is the same both ways, from 1 for itself to 21', () => {
    fc.assert(
      fc.property(colour, colour, (a, b) => {
        expect(getContrast(a, b)).toBe(getContrast(b, a))
        expect(getContrast(a, a)).toBe(1)
        expect(getContrast(a, b)).toBeGreaterThanOrEqual(1)
        expect(getContrast(a, b)).toBeLessThanOrEqual(21 + 1e-9)
      }),
    )
  })

  test('the same colour is read from each way to write it', () => {
    fc.assert(
      fc.property(colour, ([red, green, blue]) => {
        const hex = getHex([red, green, blue])
        for (const text of [
          hex,
          hex.toUpperCase(),
          `${hex}80`,
          `rgb(${red}, ${green}, ${blue})`,
          `rgba(${red} ${green} ${blue} / 50%)`,
        ])
          expect(parseColour(text)).toEqual([red, green, blue])
      }),
    )
  })

  test.each([
    ['hsl(0, 100%, 50%)', '#ff0000'],
    ['hsl(240deg 100% 50% / 0.3)', '#0000ff'],
    ['hsl(0 0% 50%)', '#808080'],
    ['#abc', '#aabbcc'],
    ['RebeccaPurple', '#663399'],
    ['rgb(50% 0% 100%)', '#8000ff'],
  ])('%s is %s', (text, hex) => {
    expect(getHex(parseColour(text) ?? [0, 0, 0])).toBe(hex)
  })

  test.each(['bright', '#12', '#ggg', 'rgb(1,2)', 'rgb(a,b,c)', 'rgb(1 2 3 4 5)', 'var(--x)', ''])(
    '%j is no colour',
    (text) => {
      expect(parseColour(text)).toBeUndefined()
    },
  )

  test('a value may set several, and words that are none are left', () => {
    const found = listColours(
      '1px solid red, 0 0 2px #00ff00aa, inset tan(1), color-mix(in srgb, blue 20%, currentcolor)',
    )
    expect(found.map((one) => one && getHex(one))).toEqual(['#ff0000', '#00ff00', '#0000ff'])
  })
})

describe('style sheets', () => {
  test('declarations are told from selectors, comments and strings', () => {
    const css = `a:hover { color: red; } /* b: c; */ p::after { content: "color: blue; }"; --X: 1px }
      @media (min-width: 600px) { ul > li:not(:first-child) { MARGIN : 0 auto } }`
    expect(listDeclarations(css)).toEqual([
      { property: 'color', value: 'red' },
      { property: 'content', value: '' },
      { property: '--X', value: '1px' },
      { property: 'margin', value: '0 auto' },
    ])
  })

  test('they are found in elements and attributes of any file', () => {
    const html = '<STYLE media="all">a{}</style><p style="b: c" class="x" style=\'d: e\'></p><style>open'
    expect(listStyleSheets('a.html', html)).toEqual(['a{}', 'b: c', 'd: e'])
    expect(listStyleSheets('a.css', 'a{}')).toEqual(['a{}'])
  })

  test('what is never closed costs no more time than what is', () => {
    const startedAt = performance.now()
    for (const part of ['/*', '"', 'url(', '<style', 'a:', '{', ' style="', 'rgb(']) {
      const text = part.repeat(100_000)
      listDeclarations(text)
      listStyleSheets('a.html', text)
      listColours(text)
    }
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})
