import type { MotionSpec, StyleGuide } from '@ropewalk/core/contract/documents/aesthetic'
import type { Product } from './parts/product.ts'

/** What moves on the page, which is little; and that it stops where a reader asks for it. */
export const writeMotionSpec = (product: Product, guide: StyleGuide | undefined): MotionSpec => {
  const { design, cite } = product
  const { noun } = design
  const cites = guide === undefined ? [] : ['StyleGuide#/principles/1']
  return {
    summary: `Colours of controls change within 120 ms; nothing on the page of ${noun.many} moves its place.`,
    reduced_motion: 'Where prefers-reduced-motion asks for it, every change takes 0 ms.',
    motions: [
      {
        name: 'Control answers',
        trigger: 'A pointer enters a button, a link or an input, or the keyboard reaches it.',
        property: 'background-color',
        duration_ms: 120,
        easing: 'ease-out',
        purpose: `Shows that "Add ${noun.one}" can be pressed.`,
        cites: [...cite('create', 'page'), ...cites],
      },
      {
        name: 'Refused field is marked',
        trigger: 'The page comes back with a field that broke its rule.',
        property: 'border-color',
        duration_ms: 120,
        easing: 'ease-out',
        purpose: 'Leads the eye to the field that has to be mended.',
        cites: [...cite('refuse'), ...cites],
      },
    ],
  }
}
