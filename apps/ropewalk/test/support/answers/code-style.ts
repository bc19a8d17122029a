/** The colours of the style guide, by token. */
export const COLOURS = {
  'color-text': '#1b1f24',
  'color-page': '#fbfaf7',
  'color-accent': '#0b5c7a',
  'color-on-accent': '#ffffff',
  'color-line': '#6b7280',
} as const

const makeStyle = (colours: Readonly<Record<string, string>>, more: string): string => `:root {
${Object.entries(colours)
  .map(([name, value]) => `  --${name}: ${value};`)
  .join('\n')}
  --space-m: 1rem;
  --radius-m: 0.25rem;
}
body {
  margin: 0;
  padding: var(--space-m);
  background: var(--color-page);
  color: var(--color-text);
  font: 100%/1.5 system-ui, sans-serif;
}
main {
  max-width: 40rem;
  margin: 0 auto;
}
label,
input,
button {
  display: block;
  box-sizing: border-box;
  width: 100%;
  margin-bottom: var(--space-m);
  font: inherit;
}
input {
  padding: 0.5rem;
  border: 1px solid var(--color-line);
  border-radius: var(--radius-m);
  background: var(--color-page);
  color: var(--color-text);
}
button {
  padding: 0.75rem;
  border: 0;
  border-radius: var(--radius-m);
  background: var(--color-accent);
  color: var(--color-on-accent);
}
${more}`

/** As the frontend coder leaves it, before anybody has designed anything. */
export const PLAIN_STYLE = makeStyle(
  {
    'color-text': '#222222',
    'color-page': '#ffffff',
    'color-accent': '#333333',
    'color-on-accent': '#ffffff',
    'color-line': '#777777',
  },
  '',
)

/** As the responsive coder leaves it: the colours of the design, wider pages, motion that can be turned off. */
export const STYLE = makeStyle(
  COLOURS,
  `button {
  transition: opacity 150ms ease-out;
}
button:hover {
  opacity: 0.9;
}
@media (min-width: 768px) {
  form {
    display: grid;
    grid-template-columns: 1fr auto;
    gap: var(--space-m);
  }
  label {
    grid-column: 1 / -1;
    margin: 0;
  }
}
@media (min-width: 1280px) {
  main {
    max-width: 52rem;
  }
}
@media (prefers-reduced-motion: reduce) {
  button {
    transition: none;
  }
}
`,
)
