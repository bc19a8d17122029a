import type { DesignSystem, MotionSpec, StyleGuide } from '@ropewalk/core/contract/documents/aesthetic'
import { pickColours, listColours, type Palette } from './pick-colours.ts'
import { pickMotion, pickSizes, type Sizes } from './pick-sizes.ts'

/** The documents that say how the page looks and moves. */
export type Design = {
  readonly guide: StyleGuide
  readonly system: DesignSystem
  readonly motion: MotionSpec
}

/** Values that can end a declaration, load something or hide a comment are left out. */
const isSafeValue = (value: string): boolean =>
  /^[\w\s.,%#()+*/'"-]{1,200}$/u.test(value) &&
  !/url\s*\(|expression|\/\*|\*\/|@|\\/iu.test(value) &&
  isClosed(value)

const isClosed = (value: string): boolean =>
  value.split('(').length === value.split(')').length &&
  value.split('"').length % 2 === 1 &&
  value.split("'").length % 2 === 1

const listProperties = ({ guide, system }: Design): readonly (readonly [string, string])[] => {
  const { font_stack: font, base_px: base, line_height: line, scale } = guide.typography
  const own: readonly (readonly [string, string])[] = [
    ['page-font', font],
    ['page-size', `${String(base / 16)}rem`],
    ['page-line', String(line)],
    ['page-scale', String(scale)],
  ]
  const tokens = system.tokens.map(({ name, value }) => [name, value] as const)
  const all = new Map([...own, ...listColours(guide, system), ...tokens])
  return [...all].filter(([, value]) => isSafeValue(value))
}

const use = (name: string): string => `var(--${name})`

/** Black on white in names of our own, where the documents have no two colours that can be read together. */
const PLAIN = new Map([
  ['page-ink', '#1b1b1b'],
  ['page-paper', '#ffffff'],
])
const PLAIN_PALETTE: Palette = {
  text: 'page-ink',
  background: 'page-paper',
  surface: 'page-paper',
  muted: 'page-ink',
  action: 'page-ink',
  onAction: 'page-paper',
  link: 'page-ink',
  border: 'page-ink',
  focus: 'page-ink',
  danger: 'page-ink',
}

const writeBase = (colour: Palette, size: Sizes): string => `* {
  box-sizing: border-box;
}
body {
  margin: 0;
  color: ${use(colour.text)};
  background: ${use(colour.background)};
  font-family: ${size.font};
  font-size: var(--page-size);
  line-height: var(--page-line);
}
header {
  padding-block: ${size.medium};
  color: ${use(colour.onAction)};
  background: ${use(colour.action)};
}
h1 {
  margin: 0 auto;
  max-width: 75rem;
  padding-inline: ${size.small};
  font-size: calc(var(--page-size) * var(--page-scale) * var(--page-scale));
  line-height: 1.2;
  overflow-wrap: anywhere;
}
h2 {
  margin: 0 0 ${size.small};
  font-size: calc(var(--page-size) * var(--page-scale));
  line-height: 1.3;
}
main {
  display: grid;
  gap: ${size.medium};
  max-width: 75rem;
  margin: 0 auto;
  padding: ${size.small};
}
section {
  min-width: 0;
  padding: ${size.small};
  background: ${use(colour.surface)};
  border: 1px solid ${use(colour.border)};
  border-radius: ${size.largeRadius};
  box-shadow: ${size.shadow};
}
a {
  color: ${use(colour.link)};
}`

const writeForm = (colour: Palette, size: Sizes): string => `label {
  display: block;
  margin-top: ${size.small};
  font-weight: 600;
}
input,
textarea {
  width: 100%;
  min-height: 2.75rem;
  padding: ${size.tiny} ${size.small};
  color: ${use(colour.text)};
  background: ${use(colour.background)};
  font: inherit;
  border: 1px solid ${use(colour.border)};
  border-radius: ${size.smallRadius};
}
button {
  width: 100%;
  min-height: 2.75rem;
  margin-top: ${size.medium};
  padding: ${size.tiny} ${size.medium};
  color: ${use(colour.onAction)};
  background: ${use(colour.action)};
  font: inherit;
  font-weight: 600;
  border: 1px solid ${use(colour.action)};
  border-radius: ${size.smallRadius};
  cursor: pointer;
}
button:hover {
  text-decoration: underline;
}
:focus-visible {
  outline: 3px solid ${use(colour.focus)};
  outline-offset: 2px;
}
[aria-invalid='true'] {
  border-color: ${use(colour.danger)};
  border-width: 2px;
}
.hint {
  color: ${use(colour.muted)};
}
.problem {
  padding: ${size.tiny} ${size.small};
  color: ${use(colour.danger)};
  border-left: 4px solid ${use(colour.danger)};
}`

const writeTable = (colour: Palette, size: Sizes): string => `.scroll {
  overflow-x: auto;
}
table {
  min-width: 100%;
  border-collapse: collapse;
}
caption {
  padding-bottom: ${size.tiny};
  color: ${use(colour.muted)};
  text-align: left;
}
th,
td {
  min-width: 8rem;
  max-width: 20rem;
  padding: ${size.tiny} ${size.small};
  text-align: left;
  vertical-align: top;
  border-bottom: 1px solid ${use(colour.border)};
  overflow-wrap: anywhere;
}
th {
  color: ${use(colour.onAction)};
  background: ${use(colour.action)};
}`

const writeMotion = (design: Design): string => {
  const { duration, easing } = pickMotion(design)
  return `a,
button,
input,
textarea {
  transition-property: color, background-color, border-color, outline-color;
  transition-duration: ${duration};
  transition-timing-function: ${easing};
}
@media (prefers-reduced-motion: reduce) {
  * {
    transition-duration: 0s !important;
    animation-duration: 0s !important;
    scroll-behavior: auto !important;
  }
}`
}

const writeWidths = (
  { narrow, medium, wide }: Sizes['widths'],
  size: Sizes,
): string => `@media (min-width: ${String(narrow)}px) {
  section {
    padding: ${size.medium};
  }
}
@media (min-width: ${String(medium)}px) {
  main {
    grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
    align-items: start;
    padding: ${size.medium};
  }
  h1 {
    padding-inline: ${size.medium};
  }
  button {
    width: auto;
  }
}
@media (min-width: ${String(wide)}px) {
  main {
    grid-template-columns: minmax(0, 2fr) minmax(0, 1fr);
    gap: ${size.large};
    padding-block: ${size.large};
  }
  header {
    padding-block: ${size.large};
  }
}`

/**
 * `src/page.css` by the design documents: their tokens as custom properties, three widths, motion that stops
 * where a reader asks for less of it. Colours are used only where their contrast allows it.
 */
export const writeStyle = (design: Design): string => {
  const found = pickColours(design.guide, design.system)
  const properties = [...listProperties(design), ...(found === undefined ? PLAIN : [])]
  const colour = found ?? PLAIN_PALETTE
  const size = pickSizes(design)
  return `${[
    `:root {\n${properties.map(([name, value]) => `  --${name}: ${value};`).join('\n')}\n}`,
    writeBase(colour, size),
    writeForm(colour, size),
    writeTable(colour, size),
    writeMotion(design),
    writeWidths(size.widths, size),
  ].join('\n')}\n`
}
