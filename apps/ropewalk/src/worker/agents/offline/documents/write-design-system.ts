import type { DesignSystem, StyleGuide } from '@ropewalk/core/contract/documents/aesthetic'
import { listTones } from './parts/palette.ts'
import type { Product } from './parts/product.ts'

type Token = DesignSystem['tokens'][number]

const SIZES: readonly Token[] = [
  { name: 'space-1', kind: 'space', value: '0.5rem', use: 'Between a label and its input.' },
  { name: 'space-2', kind: 'space', value: '1rem', use: 'Between inputs, and at the edge of a phone.' },
  { name: 'space-3', kind: 'space', value: '1.5rem', use: 'Inside panels from a tablet on.' },
  { name: 'space-4', kind: 'space', value: '2.5rem', use: 'Between panels on a wide screen.' },
  { name: 'radius-1', kind: 'radius', value: '0.25rem', use: 'Corners of inputs and buttons.' },
  { name: 'radius-2', kind: 'radius', value: '0.625rem', use: 'Corners of panels.' },
  { name: 'font-body', kind: 'font', value: 'system-ui, sans-serif', use: 'All text.' },
  { name: 'duration-change', kind: 'duration', value: '120ms', use: 'How long a colour takes to change.' },
  { name: 'easing-change', kind: 'easing', value: 'ease-out', use: 'How a colour changes.' },
]

const listComponents = ({ design, cite }: Product, cites: readonly string[]): DesignSystem['components'] => {
  const { noun, fields } = design
  return [
    {
      name: `Table of ${noun.many}`,
      purpose: `Shows one line per ${noun.one} with ${String(fields.length)} columns and more.`,
      tokens: [
        'color-text',
        'color-surface',
        'color-border',
        'color-primary',
        'color-on-primary',
        'space-1',
        'space-2',
      ],
      states: ['empty', 'filled', 'wider than the screen'],
      accessibility: 'A caption says what is listed; head cells carry scope; a keyboard can scroll it.',
      cites: [...cite('list', 'page'), ...cites],
    },
    {
      name: `Form for a ${noun.one}`,
      purpose: `Takes ${fields.map(({ name }) => name).join(', ')} with a label and a hint each.`,
      tokens: [
        'color-text',
        'color-background',
        'color-border',
        'color-muted',
        'color-focus',
        'space-1',
        'space-2',
        'radius-1',
      ],
      states: ['empty', 'filled', 'refused'],
      accessibility:
        'Each input has a label and a hint that belongs to it; a refused one is marked as invalid.',
      cites: [...cite('create', 'page'), ...cites],
    },
    {
      name: `Button "Add ${noun.one}"`,
      purpose: 'Sends the form.',
      tokens: [
        'color-primary',
        'color-on-primary',
        'color-focus',
        'space-1',
        'space-3',
        'radius-1',
        'duration-change',
        'easing-change',
      ],
      states: ['at rest', 'hovered', 'focused', 'pressed'],
      accessibility: 'At least 44 pixels high, with a ring while the keyboard stands on it.',
      cites: [...cite('create'), ...cites],
    },
    {
      name: 'Message of a refusal',
      purpose: 'Says above the form why nothing was stored.',
      tokens: ['color-danger', 'color-surface', 'space-1', 'space-2'],
      states: ['shown'],
      accessibility: 'It has the role alert, so that a screen reader says it at once.',
      cites: [...cite('refuse'), ...cites],
    },
  ]
}

/** Tokens, widths and components of the page; colours are those of the style guide where there is one. */
export const writeDesignSystem = (product: Product, guide: StyleGuide | undefined): DesignSystem => {
  const { noun } = product.design
  const colours = guide?.colors ?? listTones(product.idea)
  const cites = guide === undefined ? [] : ['StyleGuide#/principles/0']
  return {
    summary: `${String(colours.length + SIZES.length)} tokens and 4 components make the page of ${noun.many}, at 3 widths.`,
    tokens: [
      ...colours.map(({ name, value, use }): Token => ({ name, kind: 'color', value, use })),
      ...SIZES,
    ],
    breakpoints: [
      { name: 'Phone', min_width_px: 360, layout: `List and form of ${noun.many} stand below each other.` },
      { name: 'Tablet', min_width_px: 768, layout: 'List and form stand side by side, three parts to two.' },
      {
        name: 'Desk',
        min_width_px: 1280,
        layout: 'List and form stand side by side, two parts to one, with wider gaps.',
      },
    ],
    components: listComponents(product, cites),
  }
}
