import type { ParsedIdea } from '../../parse-idea.ts'

/** A colour for each subject, dark enough to be read on white and to bear white text, and a paper of its tone. */
const TONES: Readonly<Record<string, readonly [primary: string, paper: string]>> = {
  link: ['#0b4f8a', '#f5f8fb'],
  invoice: ['#1f4e79', '#f6f8fa'],
  poll: ['#5b2a86', '#f9f6fb'],
  booking: ['#0f5b66', '#f4f9fa'],
  stock: ['#6b4a00', '#fbf9f3'],
  feedback: ['#7a1f4b', '#fbf5f8'],
  expense: ['#1f5c3a', '#f5faf7'],
  task: ['#3b3f8f', '#f6f6fb'],
  recipe: ['#8a3412', '#fdf8f4'],
  loan: ['#5c3a21', '#faf7f4'],
  quiz: ['#6a1b7a', '#faf6fb'],
  reading: ['#0a5c5c', '#f3f9f9'],
  note: ['#4a4a12', '#fafaf3'],
  contact: ['#2f4858', '#f5f8fa'],
  generic: ['#2b4c7e', '#f6f8fb'],
}

export type Tone = { readonly name: string; readonly value: string; readonly use: string }

/** The colours of a product by token name. */
export const listTones = ({ subject }: ParsedIdea): readonly Tone[] => {
  const [primary, paper] = TONES[subject.name] ?? ['#2b4c7e', '#f6f8fb']
  return [
    { name: 'color-text', value: '#1b1b1b', use: 'All running text.' },
    { name: 'color-background', value: paper, use: 'The page behind everything.' },
    { name: 'color-surface', value: '#ffffff', use: 'Tables, forms and other panels.' },
    { name: 'color-muted', value: '#4a4a4a', use: 'Hints and captions.' },
    { name: 'color-primary', value: primary, use: 'Head of the page, buttons and links.' },
    { name: 'color-on-primary', value: '#ffffff', use: 'Text on the primary colour.' },
    { name: 'color-border', value: '#6f6f6f', use: 'Edges of inputs and panels.' },
    { name: 'color-focus', value: primary, use: 'The ring around what the keyboard stands on.' },
    { name: 'color-danger', value: '#a11212', use: 'Why something was not stored.' },
  ]
}
