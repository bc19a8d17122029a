import type { StyleGuide } from '@ropewalk/core/contract/documents/aesthetic'
import { clip } from '../words.ts'
import { listTones } from './parts/palette.ts'
import type { Product } from './parts/product.ts'

const pair = (foreground: string, background: string, use: string): StyleGuide['pairs'][number] => ({
  foreground: `color-${foreground}`,
  background: `color-${background}`,
  use,
  is_large_text: false,
})

/** How the product speaks and looks: colours by subject, and only pairs that can be read. */
export const writeStyleGuide = (product: Product): StyleGuide => {
  const { design, idea, title, cite } = product
  const { noun, fields } = design
  return {
    summary: `"${title}" speaks in short sentences about ${noun.many} and uses one colour beside black, white and grey.`,
    name: clip(title, 150),
    voice: {
      tone: `Plain words of those who keep ${noun.many}; no word that ${idea.users} would have to look up.`,
      do: [
        `Say "Add ${noun.one}" on the button and "Nothing was stored" when it was not.`,
        `Name the field that was wrong: ${fields[0]?.name ?? 'name'}, and what it takes.`,
        `Say "There are no ${noun.many} yet." instead of showing an empty table.`,
      ],
      avoid: [
        'Praise of the product and exclamation marks.',
        'Words of programmers such as payload, endpoint or null.',
      ],
      cites: cite('create', 'refuse'),
    },
    colors: listTones(idea).map((tone) => ({ ...tone })),
    pairs: [
      pair('text', 'background', 'Text on the page.'),
      pair('text', 'surface', `Text of ${noun.many} in the table.`),
      pair('muted', 'background', 'Captions on the page.'),
      pair('muted', 'surface', 'Hints below an input.'),
      pair('on-primary', 'primary', `The button "Add ${noun.one}" and the head of the page.`),
      pair('primary', 'surface', 'Links in the table.'),
      pair('danger', 'surface', 'Why nothing was stored.'),
    ],
    typography: {
      font_stack: 'system-ui, sans-serif',
      mono_stack: 'ui-monospace, monospace',
      base_px: 16,
      line_height: 1.5,
      scale: 1.25,
    },
    principles: [
      { text: `The list of ${noun.many} stands first; the form follows it.`, cites: cite('list', 'page') },
      { text: 'What a colour says is said in words as well.', cites: cite('refuse') },
      { text: `Every input has a label that stays while it is filled.`, cites: cite('page', 'create') },
    ],
  }
}
